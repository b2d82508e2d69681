package dev.coracle.apiserver.internal.protobuf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.SchemaField;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.Scheme;
import io.kubernetes.client.proto.Meta;
import io.kubernetes.client.proto.Runtime;
import io.kubernetes.client.proto.V1;
import io.kubernetes.client.proto.V1Admissionregistration;
import io.kubernetes.client.proto.V1Apps;
import io.kubernetes.client.proto.V1Authentication;
import io.kubernetes.client.proto.V1Batch;
import io.kubernetes.client.proto.V1Certificates;
import io.kubernetes.client.proto.V1Coordination;
import io.kubernetes.client.proto.V1Discovery;
import io.kubernetes.client.proto.V1Networking;
import io.kubernetes.client.proto.V1Policy;
import io.kubernetes.client.proto.V1Rbac;
import io.kubernetes.client.proto.V1Storage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The official Java client's messages are the independent reader. */
class ProtobufWriterTest {

  private static final Map<String, Descriptor> OFFICIAL = new HashMap<>();

  static {
    for (FileDescriptor file :
        List.of(
            V1.getDescriptor(),
            V1Admissionregistration.getDescriptor(),
            V1Apps.getDescriptor(),
            V1Authentication.getDescriptor(),
            V1Batch.getDescriptor(),
            V1Certificates.getDescriptor(),
            V1Coordination.getDescriptor(),
            V1Discovery.getDescriptor(),
            V1Networking.getDescriptor(),
            V1Policy.getDescriptor(),
            V1Rbac.getDescriptor(),
            V1Storage.getDescriptor())) {
      file.getMessageTypes().forEach(d -> OFFICIAL.put(d.getFullName(), d));
    }
  }

  private static final String POD =
      """
      {"apiVersion":"v1","kind":"Pod",
       "metadata":{"name":"p","namespace":"d","labels":{"a":"b"},
        "creationTimestamp":"2026-03-01T12:00:00Z",
        "managedFields":[{"manager":"m","fieldsV1":{"f:spec":{}}}]},
       "spec":{"terminationGracePeriodSeconds":0,
        "volumes":[{"name":"v","emptyDir":{}},{"name":"c","configMap":{"name":"cm"}}],
        "containers":[{"name":"c","image":"nginx",
         "resources":{"limits":{"memory":"1Gi"}},
         "livenessProbe":{"httpGet":{"port":"http","path":"/"},"periodSeconds":5},
         "ports":[{"containerPort":80}],
         "env":[{"name":"E","valueFrom":{"configMapKeyRef":{"name":"cm","key":"k"}}}]}]},
       "status":{"phase":"Running"}}\
      """;

  private static Runtime.Unknown unknown(byte[] body) throws InvalidProtocolBufferException {
    assertThat(body).startsWith('k', '8', 's', 0);
    byte[] rest = java.util.Arrays.copyOfRange(body, 4, body.length);
    return Runtime.Unknown.parseFrom(rest);
  }

  @Test
  void theOfficialClientReadsAPod() throws Exception {
    Runtime.Unknown unknown = unknown(ProtobufWriter.object(KubeObject.parse(POD)).orElseThrow());
    assertThat(unknown.getTypeMeta().getKind()).isEqualTo("Pod");
    assertThat(unknown.getTypeMeta().getApiVersion()).isEqualTo("v1");
    V1.Pod pod = V1.Pod.parseFrom(unknown.getRaw());
    assertThat(pod.getMetadata().getName()).isEqualTo("p");
    assertThat(pod.getMetadata().getLabelsMap()).containsEntry("a", "b");
    assertThat(pod.getMetadata().getCreationTimestamp().getSeconds()).isEqualTo(1772366400L);
    assertThat(pod.getMetadata().getManagedFields(0).getFieldsV1().getRaw().toStringUtf8())
        .isEqualTo("{\"f:spec\":{}}");
    assertThat(pod.getSpec().hasTerminationGracePeriodSeconds()).as("a zero is given").isTrue();
    assertThat(pod.getSpec().getVolumes(0).getVolumeSource().hasEmptyDir()).isTrue();
    assertThat(
            pod.getSpec()
                .getVolumes(1)
                .getVolumeSource()
                .getConfigMap()
                .getLocalObjectReference()
                .getName())
        .isEqualTo("cm");
    V1.Container container = pod.getSpec().getContainers(0);
    assertThat(container.getResources().getLimitsMap().get("memory").getString()).isEqualTo("1Gi");
    assertThat(container.getLivenessProbe().getHandler().getHttpGet().getPort().getStrVal())
        .isEqualTo("http");
    assertThat(container.getPorts(0).getContainerPort()).isEqualTo(80);
  }

  @Test
  void listsHoldTheSameMessagesInOrder() throws Exception {
    List<KubeObject> pods =
        List.of(KubeObject.parse(POD), KubeObject.parse(POD.replace("\"p\"", "\"q\"")));
    ObjectNode head = Json.object().put("apiVersion", "v1").put("kind", "PodList");
    head.putObject("metadata").put("resourceVersion", "7").put("continue", "next");
    V1.PodList list = V1.PodList.parseFrom(unknown(put(new ProtobufList(head), pods)).getRaw());
    assertThat(list.getMetadata().getResourceVersion()).isEqualTo("7");
    assertThat(list.getMetadata().getContinue()).isEqualTo("next");
    assertThat(list.getItemsList())
        .extracting(p -> p.getMetadata().getName())
        .containsExactly("p", "q");
  }

  private static byte[] put(ProtobufList list, List<KubeObject> items) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (KubeObject item : items) {
      byte[] message = list.message(item);
      out.writeBytes(list.prefix(message.length));
      out.writeBytes(message);
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(list.head(out.size()));
    all.writeBytes(out.toByteArray());
    return all.toByteArray();
  }

  @Test
  void aWatchsFrameIsALengthAndAnEvent() throws Exception {
    byte[] object = ProtobufWriter.object(KubeObject.parse(POD)).orElseThrow();
    byte[] frame = ProtobufWriter.frame("MODIFIED", object);
    assertThat(java.nio.ByteBuffer.wrap(frame).getInt()).isEqualTo(frame.length - 4);
    Meta.WatchEvent event =
        Meta.WatchEvent.parseFrom(java.util.Arrays.copyOfRange(frame, 4, frame.length));
    assertThat(event.getType()).isEqualTo("MODIFIED");
    assertThat(event.getObject().getRaw().toByteArray()).isEqualTo(object);
  }

  /** A name that begins with a capital in JSON too. */
  @Test
  void aNodesPortKeepsItsCapital() throws Exception {
    KubeObject node =
        KubeObject.parse(
            "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"status\":"
                + "{\"daemonEndpoints\":{\"kubeletEndpoint\":{\"Port\":10250}}}}");
    V1.Node read = V1.Node.parseFrom(unknown(ProtobufWriter.object(node).orElseThrow()).getRaw());
    assertThat(read.getStatus().getDaemonEndpoints().getKubeletEndpoint().getPort())
        .isEqualTo(10250);
  }

  /** Through our writer, the official messages and our reader comes back what went in. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void everyKindComesBackWhole(long seed) throws Exception {
    Random random = new Random(seed);
    int kinds = 0;
    for (ResourceDefinition resource : Scheme.builtIn().resources()) {
      var message = MessageTable.kubernetes().of(resource.kind()).orElse(null);
      if (message == null) {
        continue;
      }
      kinds++;
      ObjectNode tree = (ObjectNode) value(resource.schema(), random, 8);
      withoutNestedTypes(tree);
      tree.put("apiVersion", resource.kind().apiVersion()).put("kind", resource.kind().kind());
      byte[] body = ProtobufWriter.object(KubeObject.of(tree)).orElseThrow();
      String as = "seed " + seed + " " + resource;
      assertThat(ProtobufReader.read(body)).as(as).isEqualTo(tree);
      Descriptor official = OFFICIAL.get(message.name());
      if (official != null) {
        Runtime.Unknown unknown = unknown(body);
        DynamicMessage read = DynamicMessage.parseFrom(official, unknown.getRaw());
        known(read, as);
        Runtime.Unknown again = unknown.toBuilder().setRaw(read.toByteString()).build();
        assertThat(ProtobufReader.read(whole(again))).as(as).isEqualTo(tree);
      }
    }
    assertThat(kinds).isGreaterThan(60);
  }

  /** Protobuf names the kind in the envelope only. */
  private static void withoutNestedTypes(ObjectNode tree) {
    for (JsonNode template : tree.path("spec").path("volumeClaimTemplates")) {
      ((ObjectNode) template).remove(List.of("apiVersion", "kind"));
    }
    // Newer than the table: left out of protobuf.
    if (tree.path("spec") instanceof ObjectNode spec) {
      spec.remove("stubPKCS10Request");
    }
  }

  private static byte[] whole(Runtime.Unknown unknown) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(new byte[] {'k', '8', 's', 0});
    unknown.writeTo(out);
    return out.toByteArray();
  }

  /** No field of the message is one that the official table does not have. */
  private static void known(Message message, String as) {
    assertThat(message.getUnknownFields().asMap())
        .as(as + " " + message.getDescriptorForType().getFullName())
        .isEmpty();
    for (Object field : message.getAllFields().values()) {
      List<?> values = field instanceof List<?> list ? list : List.of(field);
      for (Object value : values) {
        if (value instanceof Message m) {
          known(m, as);
        }
      }
    }
  }

  /** Values that JSON and protobuf both have: no nulls, no zeros, nothing empty. */
  private static JsonNode value(SchemaType type, Random random, int depth) {
    return switch (type.kind()) {
      case OBJECT -> {
        ObjectNode out = Json.object();
        for (SchemaField f : type.fields().values()) {
          boolean always = f.name().equals("spec") || f.name().equals("metadata");
          if (depth > 0 && (always || random.nextInt(3) == 0)) {
            JsonNode v = value(f.type(), random, depth - 1);
            if (!v.isContainerNode() || !v.isEmpty()) {
              out.set(f.name(), v);
            }
          }
        }
        yield out;
      }
      case MAP -> {
        ObjectNode out = Json.object();
        for (int i = random.nextInt(3); i > 0; i--) {
          out.set("key" + i, value(type.item(), random, depth - 1));
        }
        yield out;
      }
      case LIST -> {
        ArrayNode out = Json.array();
        for (int i = random.nextInt(3); i > 0; i--) {
          out.add(value(type.item(), random, depth - 1));
        }
        yield out;
      }
      case INTEGER -> Json.NODES.numberNode(1L + random.nextInt(1 << random.nextInt(1, 31)));
      case INT_OR_STRING ->
          random.nextBoolean() ? Json.NODES.numberNode(7) : Json.NODES.textNode("25%");
      case NUMBER -> Json.NODES.numberNode(0.5 + random.nextInt(9));
      case BOOLEAN -> Json.NODES.booleanNode(true);
      case QUANTITY -> Json.NODES.textNode(random.nextInt(1, 99) + "Mi");
      case TIME -> Json.NODES.textNode("2026-01-01T00:00:00Z");
      case MICRO_TIME -> Json.NODES.textNode("2026-01-01T00:00:00.000005Z");
      case BYTES -> Json.NODES.textNode("YWJj");
      case RAW, RAW_OBJECT -> Json.object().set("a", Json.array().add("x"));
      case STRING -> Json.NODES.textNode("w\u00f6rd" + random.nextInt(1000));
    };
  }
}
