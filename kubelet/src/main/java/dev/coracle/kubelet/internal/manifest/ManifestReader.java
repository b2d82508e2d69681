package dev.coracle.kubelet.internal.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.schema.FieldValidation;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import dev.coracle.kubelet.internal.pod.Pod;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Makes static pods of manifests, YAML or JSON, with what the API would have given them. Of several
 * YAML documents the first counts, as in all that Kubernetes' own programs read.
 */
final class ManifestReader {
  private static final ResourceDefinition PODS =
      Scheme.builtIn().resource("", "v1", "pods").orElseThrow();

  /** As many as the API takes. */
  static final int MOST_BYTES = 3 << 20;

  private final String nodeName;

  ManifestReader(String nodeName) {
    this.nodeName = nodeName;
  }

  /**
   * The one pod of a file.
   *
   * @throws StatusException when it is no YAML, or a field has the wrong type
   * @throws IllegalArgumentException when it is no Pod that may run here
   */
  KubeObject pod(byte[] bytes, ManifestSource.Kind kind, String place) {
    return checked(tree(document(bytes)), kind, place);
  }

  /**
   * A Pod, or those of a PodList.
   *
   * @throws StatusException as {@link #pod}
   * @throws IllegalArgumentException as {@link #pod}
   */
  List<KubeObject> pods(byte[] bytes, ManifestSource.Kind kind, String place) {
    JsonNode document = document(bytes);
    if (!document.path("kind").asText("").equals("PodList")) {
      return List.of(checked(tree(document), kind, place));
    }
    List<KubeObject> pods = new ArrayList<>();
    for (JsonNode item : document.path("items")) {
      if (item instanceof ObjectNode pod) {
        pod.put("kind", "Pod").put("apiVersion", "v1");
      }
      pods.add(checked(tree(item), kind, place));
    }
    return pods;
  }

  private KubeObject checked(ObjectNode tree, ManifestSource.Kind kind, String place) {
    KubeObject pod = complete(tree, kind, place);
    StaticPodRules.check(pod);
    return pod;
  }

  static JsonNode document(byte[] bytes) {
    if (bytes.length > MOST_BYTES) {
      throw new IllegalArgumentException("the manifest has more than " + MOST_BYTES + " bytes");
    }
    return Yaml.first(bytes, MOST_BYTES);
  }

  /** The pod in the shape that its schema has: unknown fields are dropped, wrong types refused. */
  static ObjectNode tree(JsonNode pod) {
    if (!pod.path("kind").asText("").equals("Pod")
        || pod.path("metadata").path("name").asText("").isEmpty()) {
      throw new IllegalArgumentException("kind Pod and metadata.name are needed");
    }
    return Decoder.decode(pod, PODS.schema(), PODS.kind(), FieldValidation.IGNORE, _ -> {});
  }

  /** Gives it what the API would have: uid by content, the node's name behind its own, defaults. */
  KubeObject complete(ObjectNode pod, ManifestSource.Kind kind, String place) {
    String hash = hash(pod, kind, place);
    ObjectNode metadata = pod.withObjectProperty("metadata");
    metadata.put("name", metadata.path("name").asText() + "-" + nodeName.toLowerCase(Locale.ROOT));
    if (!metadata.hasNonNull("namespace")) {
      metadata.put("namespace", "default");
    }
    String uid = metadata.path("uid").asText("");
    metadata.put("uid", uid.isEmpty() ? hash : uid);
    metadata.put("resourceVersion", hash);
    ObjectNode notes = metadata.withObjectProperty("annotations");
    notes.put(Pod.CONFIG_HASH, hash);
    notes.put(Pod.CONFIG_SOURCE, kind.word());
    notes.put("kubernetes.io/config.seen", Instant.now().toString());
    ObjectNode spec = pod.withObjectProperty("spec");
    spec.put("nodeName", nodeName);
    def(spec, "restartPolicy", "Always");
    def(spec, "dnsPolicy", "ClusterFirst");
    if (!spec.hasNonNull("terminationGracePeriodSeconds")) {
      spec.put("terminationGracePeriodSeconds", 30);
    }
    ArrayNode tolerations = spec.withArrayProperty("tolerations");
    if (tolerations.isEmpty()) {
      tolerations.addObject().put("operator", "Exists").put("effect", "NoExecute");
    }
    pod.remove("status");
    return KubeObject.of(pod);
  }

  private static void def(ObjectNode node, String field, String value) {
    if (!node.hasNonNull(field)) {
      node.put(field, value);
    }
  }

  /** Of what the manifest says: comments, spaces and the order of fields make no other pod. */
  private String hash(ObjectNode pod, ManifestSource.Kind kind, String place) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(sorted(pod).toString().getBytes(StandardCharsets.UTF_8));
      digest.update(nodeName.getBytes(StandardCharsets.UTF_8));
      digest.update((kind.word() + ":" + place).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest(), 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Its text tells apart what is not equal; no deeper than {@link Yaml} reads. */
  private static Object sorted(JsonNode node) {
    if (node instanceof ObjectNode object) {
      Map<String, Object> fields = new TreeMap<>();
      object.forEachEntry((name, value) -> fields.put(quoted(name), sorted(value)));
      return fields;
    }
    if (node instanceof ArrayNode array) {
      List<Object> items = new ArrayList<>();
      array.forEach(item -> items.add(sorted(item)));
      return items;
    }
    return node;
  }

  private static String quoted(String name) {
    return '"' + name.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
