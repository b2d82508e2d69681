package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import dev.coracle.apiserver.internal.protobuf.ProtobufReader;
import dev.coracle.apiserver.internal.protobuf.ProtobufWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The life of an object of every kind in every version, over HTTPS: what was created is read in
 * every form and every other version, is taken back unchanged without a new revision, changes, has
 * its status written, is applied, and goes. The objects stand in {@code every-kind.yaml}, each in
 * one version; in the others it is created as the server itself tells it.
 */
@ExtendWith(OwnServer.class)
class EveryKindTest {

  private static final String PROTOBUF = "application/vnd.kubernetes.protobuf";
  private static final String YAML = "application/yaml";
  private static final String JSON = "application/json";
  private static final Scheme SCHEME = Scheme.builtIn();

  /** Only kubelets may create requests of pods, for a pod of theirs: see PodCertificatesApiTest. */
  private static final Set<String> ELSEWHERE =
      Set.of("certificates.k8s.io/v1beta1, Kind=PodCertificateRequest");

  /** Kinds of which a delete answers with what is deleted; what is held back always does. */
  private static final Set<String> TOLD_WHEN_DELETED =
      Set.of(
          "CSIDriver",
          "CSINode",
          "DeviceClass",
          "DeviceTaintRule",
          "PersistentVolume",
          "PersistentVolumeClaim",
          "Pod",
          "PodTemplate",
          "ResourceClaim",
          "ResourceClaimTemplate",
          "ResourceQuota",
          "ResourceSlice",
          "Service",
          "ServiceAccount",
          "StorageClass",
          "VolumeAttachment",
          "VolumeAttributesClass");

  /** Kinds with no generation; PriorityClasses keep their first. */
  private static final Set<String> UNCOUNTED =
      Set.of(
          "APIService",
          "CSIDriver",
          "CSINode",
          "CSIStorageCapacity",
          "CertificateSigningRequest",
          "ClusterRole",
          "ClusterRoleBinding",
          "ClusterTrustBundle",
          "ConfigMap",
          "ControllerRevision",
          "Endpoints",
          "Event",
          "HorizontalPodAutoscaler",
          "IPAddress",
          "Lease",
          "LeaseCandidate",
          "LimitRange",
          "Namespace",
          "Node",
          "PersistentVolume",
          "PersistentVolumeClaim",
          "ResourceClaim",
          "ResourceClaimTemplate",
          "ResourceQuota",
          "Role",
          "RoleBinding",
          "RuntimeClass",
          "Secret",
          "Service",
          "ServiceAccount",
          "ServiceCIDR",
          "StorageClass",
          "StorageVersionMigration",
          "VolumeAttachment",
          "VolumeAttributesClass");

  /** Kinds whose updates must name a revision. */
  private static final Set<String> VERSIONED =
      Set.of(
          "APIService",
          "CSIDriver",
          "CSINode",
          "CSIStorageCapacity",
          "ClusterTrustBundle",
          "CustomResourceDefinition",
          "FlowSchema",
          "Lease",
          "LeaseCandidate",
          "MutatingAdmissionPolicy",
          "MutatingAdmissionPolicyBinding",
          "MutatingWebhookConfiguration",
          "PodDisruptionBudget",
          "PriorityLevelConfiguration",
          "RuntimeClass",
          "StorageVersionMigration",
          "ValidatingAdmissionPolicy",
          "ValidatingAdmissionPolicyBinding",
          "ValidatingWebhookConfiguration",
          "VolumeAttachment");

  /** Kinds that an update creates. */
  private static final Set<String> MADE_BY_UPDATE =
      Set.of(
          "ClusterRole",
          "ClusterRoleBinding",
          "Endpoints",
          "Event",
          "Lease",
          "LeaseCandidate",
          "LimitRange",
          "Role",
          "RoleBinding",
          "RuntimeClass",
          "Service");

  /** Kinds whose metadata stays as it is when their status is written. */
  private static final Set<String> STATUS_ALONE =
      Set.of(
          "APIService",
          "DeviceTaintRule",
          "FlowSchema",
          "PriorityLevelConfiguration",
          "ResourceClaim",
          "ServiceCIDR",
          "StorageVersionMigration",
          "ValidatingAdmissionPolicy",
          "VolumeAttachment");

  /** What the server itself soon says in the status of some. */
  private static final Map<String, String> TOLD =
      Map.of(
          "CustomResourceDefinition", "\"Established\"",
          "APIService", "\"Available\"",
          "FlowSchema", "\"Dangling\"",
          "ServiceCIDR", "\"Ready\"",
          "ValidatingAdmissionPolicy", "\"typeChecking\"");

  private static TestApi api;
  private static List<ObjectNode> objects;

  @BeforeAll
  static void start(TestServer server, TestApi ofOwnServer) throws Exception {
    api = ofOwnServer;
    api.post(
            "/api/v1/namespaces/default/serviceaccounts",
            "{apiVersion: v1, kind: ServiceAccount, metadata: {name: default}}")
        .ok();
    server.pki().issue("sweep", "/CN=sweep");
    byte[] request = Files.readAllBytes(server.pki().path("sweep.csr"));
    String authority = Files.readString(server.pki().path("ca.crt"));
    objects = new ArrayList<>();
    try (var in = EveryKindTest.class.getResourceAsStream("every-kind.yaml")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String document : text.split("\n---\n")) {
        if (!document.startsWith("#")) {
          objects.add(
              TestApi.tree(
                  document
                      .replace("${request}", Base64.getEncoder().encodeToString(request))
                      .replace("${certificate}", authority.replace("\n", "\\n"))));
        }
      }
    }
  }

  private static ResourceDefinition definition(JsonNode object) {
    return SCHEME
        .kind(GroupVersionKind.of(object.path("apiVersion").asText(), object.path("kind").asText()))
        .orElseThrow(() -> new AssertionError("no such kind: " + object));
  }

  /** Those that clients can make and change; reviews and the like are none. */
  private static Stream<ResourceDefinition> kept() {
    return SCHEME.resources().stream()
        .filter(r -> r.supports("create") && r.supports("update") && r.supports("delete"));
  }

  private static List<ResourceDefinition> versions(ResourceDefinition of) {
    return kept().filter(r -> r.storage().equals(of.storage())).toList();
  }

  @Test
  void everyKindHasAnObject() {
    Set<String> known = new TreeSet<>();
    objects.forEach(o -> versions(definition(o)).forEach(v -> known.add(v.kind().toString())));
    known.addAll(ELSEWHERE);
    assertThat(known)
        .isEqualTo(
            kept().map(r -> r.kind().toString()).collect(Collectors.toCollection(TreeSet::new)));
  }

  @TestFactory
  Stream<DynamicTest> lives() {
    return objects.stream().map(o -> dynamicTest(definition(o).kind().toString(), () -> lives(o)));
  }

  private static void lives(ObjectNode object) {
    ResourceDefinition home = definition(object);
    Map<ResourceDefinition, ObjectNode> others = new Life(home, object).run();
    others.forEach((version, told) -> new Life(version, told).run());
  }

  /** One object in one version. */
  private static final class Life {
    private final ResourceDefinition home;
    private final ObjectNode object;
    private final String name;

    Life(ResourceDefinition home, ObjectNode object) {
      this.home = home;
      this.object = object;
      this.name = object.at("/metadata/name").asText();
    }

    /** Gives the object in the other versions. */
    Map<ResourceDefinition, ObjectNode> run() {
      ObjectNode sent = object.deepCopy();
      sent.remove("status");
      assertThat(api.put(path(home) + "?dryRun=All", sent).code())
          .as("an update of what is not there")
          .isEqualTo(is(MADE_BY_UPDATE) ? 201 : 404);
      JsonNode made =
          api.call("POST", list(home) + "?fieldValidation=Strict", JSON, sent.toString())
              .ok()
              .body();
      assertThat(made.at("/metadata/generation").asInt(0))
          .as("generation")
          .isEqualTo(is(UNCOUNTED) ? 0 : 1);
      String told = TOLD.get(home.kind().kind());
      if (told == null) {
        same(get(home), made, "what is read of what was created");
      } else {
        Awaitility.await(told).until(() -> get(home).path("status").toString().contains(told));
      }
      holds(made.path("spec"), sent.path("spec"), "spec");
      everywhere();
      changes();
      if (home.hasStatus()) {
        writesStatus();
        everywhere();
      }
      ObjectNode configuration = asNew(get(home));
      configuration.remove("status");
      applies(configuration);
      Map<ResourceDefinition, ObjectNode> others =
          versions(home).stream()
              .filter(v -> !v.equals(home))
              .collect(Collectors.toMap(v -> v, v -> asNew(get(v))));
      goes();
      return others;
    }

    private boolean is(Set<String> kinds) {
      return kinds.contains(home.kind().kind());
    }

    private static String list(ResourceDefinition in) {
      String root = in.gvr().group().isEmpty() ? "/api/v1" : "/apis/" + in.kind().apiVersion();
      return root + (in.namespaced() ? "/namespaces/default/" : "/") + in.gvr().resource();
    }

    private String path(ResourceDefinition in) {
      return list(in) + "/" + name;
    }

    private JsonNode get(ResourceDefinition in) {
      return api.get(path(in)).ok().body();
    }

    /** In every version and form it is the same, and nothing happens when it is written back. */
    private void everywhere() {
      JsonNode revision = get(home).at("/metadata/resourceVersion");
      for (ResourceDefinition version : versions(home)) {
        JsonNode read = get(version);
        String as = version.toString();
        assertThat(read.path("apiVersion").asText()).isEqualTo(version.kind().apiVersion());
        assertThat(read.path("kind").asText()).isEqualTo(version.kind().kind());
        tables(version, as);
        writeBack(version, JSON, "", bytes(read), revision, as);
        byte[] yaml = read(version, YAML);
        same(TestApi.tree(new String(yaml, StandardCharsets.UTF_8)), read, "YAML of " + as);
        writeBack(version, YAML, "", yaml, revision, as);
        if (ProtobufWriter.knows(version.kind())) {
          byte[] protobuf = read(version, PROTOBUF);
          JsonNode back =
              Decoder.decode(bytes(ProtobufReader.read(protobuf)), version.schema()).tree();
          same(back, withoutInnerKinds(read), "protobuf of " + as);
          writeBack(version, PROTOBUF, "", protobuf, revision, as);
        } else {
          assertThat(api.call("GET", path(version), "", PROTOBUF, "").code()).isEqualTo(406);
        }
        if (version.hasStatus() && saysOfWhat(read)) {
          writeBack(version, JSON, "/status", bytes(read), revision, as);
          writeBack(version, YAML, "/status", yaml, revision, as);
          if (ProtobufWriter.knows(version.kind())) {
            writeBack(version, PROTOBUF, "/status", read(version, PROTOBUF), revision, as);
          }
        }
        same(get(version), read, as);
        assertThat(get(home).at("/metadata/resourceVersion")).as(as).isEqualTo(revision);
      }
    }

    /** The status of a migration may not be written before it names a revision. */
    private boolean saysOfWhat(JsonNode read) {
      return !home.kind().kind().equals("StorageVersionMigration")
          || read.at("/status/resourceVersion").isTextual();
    }

    private void tables(ResourceDefinition version, String as) {
      JsonNode table =
          api.call("GET", path(version), "", JSON + ";as=Table;g=meta.k8s.io;v=v1", "").ok().body();
      assertThat(table.path("kind").asText()).as(as).isEqualTo("Table");
      assertThat(table.at("/rows/0/cells").size())
          .as(as)
          .isPositive()
          .isEqualTo(table.path("columnDefinitions").size());
      assertThat(table.at("/rows/0/object/metadata/name").asText()).isEqualTo(name);
      for (JsonNode column : table.path("columnDefinitions")) {
        assertThat(column.path("description").asText())
            .as("what a column of %s means", as)
            .isNotEmpty()
            .isNotEqualTo(column.path("name").asText());
      }
    }

    private byte[] read(ResourceDefinition version, String form) {
      return api.exchange("GET", path(version), "", form, new byte[0]).ok().bytes();
    }

    private void writeBack(
        ResourceDefinition version,
        String form,
        String subresource,
        byte[] body,
        JsonNode revision,
        String as) {
      TestApi.Exchanged answer =
          api.exchange(
              "PUT", path(version) + subresource + "?fieldValidation=Strict", form, JSON, body);
      assertThat(answer.code())
          .as("%s of %s %s", form, as, new String(answer.bytes(), StandardCharsets.UTF_8))
          .isEqualTo(200);
      JsonNode written = Json.parse(answer.bytes());
      same(written, get(version), subresource + " " + form + " of " + as);
      assertThat(written.at("/metadata/resourceVersion"))
          .as("%s %s of %s", subresource, form, as)
          .isEqualTo(revision);
    }

    private static void same(JsonNode is, JsonNode expected, String as) {
      List<String> differences = new ArrayList<>();
      differences(is, expected, "", differences);
      assertThat(differences).as(as).isEmpty();
    }

    private static void differences(JsonNode is, JsonNode other, String at, List<String> out) {
      if (is.isContainerNode() && is.getNodeType() == other.getNodeType()) {
        for (int i = 0; i < Math.max(is.size(), other.size()) && is.isArray(); i++) {
          differences(is.path(i), other.path(i), at + "[" + i + "]", out);
        }
        Set<String> fields = new TreeSet<>();
        is.fieldNames().forEachRemaining(fields::add);
        other.fieldNames().forEachRemaining(fields::add);
        fields.forEach(f -> differences(is.path(f), other.path(f), at + "." + f, out));
      } else if (!is.equals(other)) {
        out.add("%s is '%s', expected '%s'".formatted(at, is, other));
      }
    }

    /** Protobuf says the kind of the whole alone. */
    private static JsonNode withoutInnerKinds(JsonNode object) {
      ObjectNode copy = object.deepCopy();
      copy.at("/spec/volumeClaimTemplates")
          .forEach(claim -> ((ObjectNode) claim).remove(List.of("apiVersion", "kind")));
      return copy;
    }

    private static byte[] bytes(JsonNode tree) {
      return tree.toString().getBytes(StandardCharsets.UTF_8);
    }

    private String apiVersion() {
      return home.kind().apiVersion().replace('/', '_');
    }

    private void ofNoRevision() {
      ObjectNode bare = get(home).deepCopy();
      ((ObjectNode) bare.path("metadata")).remove("resourceVersion");
      TestApi.Answer answer = api.put(path(home), bare);
      if (is(VERSIONED)) {
        assertThat(answer.code()).isEqualTo(422);
        assertThat(answer.message())
            .isEqualTo(
                "%s \"%s\" is invalid: metadata.resourceVersion: Invalid value: 0: must be"
                        .formatted(home.gvr().groupResource(), name)
                    + " specified for an update");
      } else {
        answer.ok();
      }
    }

    private void changes() {
      ofNoRevision();
      JsonNode before = get(home);
      ObjectNode changed = before.deepCopy();
      ((ObjectNode) changed.path("metadata"))
          .withObjectProperty("labels")
          .put("sweep", apiVersion());
      JsonNode after = api.put(path(home), changed).ok().body();
      assertThat(after.at("/metadata/labels/sweep").asText()).isEqualTo(apiVersion());
      assertThat(after.at("/metadata/resourceVersion"))
          .isNotEqualTo(before.at("/metadata/resourceVersion"));
      // Labels are what an EndpointSlice says, too.
      long counted = home.kind().kind().equals("EndpointSlice") ? 1 : 0;
      assertThat(after.at("/metadata/generation").asLong())
          .isEqualTo(before.at("/metadata/generation").asLong() + counted);
      same(get(home), after, "what is read of what was written");
    }

    private void writesStatus() {
      JsonNode status = object.path("status");
      assertThat(status.isObject()).as("a status for " + home).isTrue();
      JsonNode before = get(home);
      ObjectNode changed = before.deepCopy();
      if (TOLD.containsKey(home.kind().kind())) {
        ObjectNode whole = before.path("status").deepCopy();
        status.forEachEntry((field, value) -> {
          if (value.isArray() && whole.path(field).isArray()) {
            value.forEach(whole.withArrayProperty(field)::add);
          } else {
            whole.set(field, value);
          }
        });
        status = whole;
      }
      ObjectNode metadata = (ObjectNode) changed.path("metadata");
      metadata.withObjectProperty("labels").put("sweep", "no");
      metadata.withObjectProperty("annotations").put("sweep", "no");
      changed.set("status", status);
      JsonNode after = api.put(path(home) + "/status", changed).ok().body();
      holds(after.path("status"), status, "status");
      assertThat(after.at("/metadata/labels/sweep").asText())
          .isEqualTo(is(STATUS_ALONE) || is(Set.of("Deployment")) ? apiVersion() : "no");
      assertThat(after.at("/metadata/annotations").has("sweep")).isNotEqualTo(is(STATUS_ALONE));
      assertThat(after.at("/metadata/generation")).isEqualTo(before.at("/metadata/generation"));
      assertThat(after.path("spec")).isEqualTo(before.path("spec"));
      same(get(home), after, "what is read of what was written");
      same(api.put(path(home) + "/status", after).ok().body(), after, "status again");
    }

    /** Every value that was sent is there. */
    private static void holds(JsonNode whole, JsonNode part, String at) {
      if (part.isObject()) {
        part.forEachEntry((field, value) -> holds(whole.path(field), value, at + "." + field));
      } else if (part.isArray()) {
        assertThat(whole.size()).as(at).isGreaterThanOrEqualTo(part.size());
        for (int i = 0; i < part.size(); i++) {
          holds(whole.path(i), part.path(i), at + "[" + i + "]");
        }
      } else if (!part.isMissingNode()) {
        assertThat(whole).as(at).isEqualTo(part);
      }
    }

    /** The same values from somebody else change nothing but who has them, and that once. */
    private void applies(ObjectNode configuration) {
      String path = path(home) + "?fieldManager=sweeper&fieldValidation=Strict";
      JsonNode before = get(home);
      JsonNode once =
          api.call("PATCH", path, "application/apply-patch+yaml", configuration.toString())
              .ok()
              .body();
      assertThat(once.at("/metadata/managedFields").toString()).contains("\"sweeper\"");
      same(unmanaged(once), unmanaged(before), "applied");
      JsonNode twice =
          api.call("PATCH", path, "application/apply-patch+yaml", configuration.toString())
              .ok()
              .body();
      same(twice, once, "applied again");
    }

    private static ObjectNode unmanaged(JsonNode object) {
      ObjectNode copy = object.deepCopy();
      ((ObjectNode) copy.path("metadata")).remove(List.of("managedFields", "resourceVersion"));
      return copy;
    }

    /** Without what the server gives. */
    private static ObjectNode asNew(JsonNode object) {
      ObjectNode copy = object.deepCopy();
      ((ObjectNode) copy.path("metadata"))
          .remove(
              List.of(
                  "managedFields",
                  "resourceVersion",
                  "uid",
                  "generation",
                  "creationTimestamp",
                  "finalizers"));
      return copy;
    }

    private void goes() {
      JsonNode answer = api.delete(path(home) + "?propagationPolicy=Background").ok().body();
      if (home.gvr().resource().equals("namespaces")) {
        ObjectNode last = get(home).deepCopy();
        last.withObjectProperty("spec").putArray("finalizers");
        api.put(path(home) + "/finalize", last).ok();
      }
      JsonNode left = api.get(path(home)).body();
      String kind = home.kind().kind();
      boolean held = answer.path("metadata").has("deletionTimestamp");
      assertThat(answer.path("kind").asText())
          .isEqualTo(held || TOLD_WHEN_DELETED.contains(kind) ? kind : "Status");
      boolean protectedStill = left.at("/metadata/finalizers").toString().contains("protection");
      if (protectedStill) {
        assertThat(left.at("/metadata/deletionTimestamp").asText()).isNotEmpty();
        api.merge(path(home), "{metadata: {finalizers: null}}").ok();
      }
      Awaitility.await(name + " is gone").until(() -> api.get(path(home)).code() == 404);
    }
  }
}
