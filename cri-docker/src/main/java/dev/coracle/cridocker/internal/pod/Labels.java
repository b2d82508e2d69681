package dev.coracle.cridocker.internal.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the shim writes on Docker's containers, as dockershim did: the labels of the pod as they
 * are, its annotations with a prefix, and what only the shim needs to know.
 */
public final class Labels {
  public static final String TYPE = "io.kubernetes.docker.type";
  public static final String SANDBOX = "podsandbox";
  public static final String CONTAINER = "container";
  public static final String SANDBOX_ID = "io.kubernetes.sandbox.id";
  public static final String LOG_PATH = "io.kubernetes.container.logpath";
  public static final String CLUSTER = "docker.coracle.dev/cluster";

  /** Nanoseconds since the epoch; Docker's lists know seconds only. */
  static final String CREATED_AT = "docker.coracle.dev/created-at";

  /** The image in the pod's words, and what it was then. */
  static final String IMAGE = "docker.coracle.dev/image";

  static final String IMAGE_REF = "docker.coracle.dev/image-ref";
  static final String RUNTIME_HANDLER = "docker.coracle.dev/runtime-handler";

  private static final String ANNOTATION = "annotation.";
  private static final Set<String> OURS =
      Set.of(TYPE, SANDBOX_ID, LOG_PATH, CLUSTER, CREATED_AT, IMAGE, IMAGE_REF, RUNTIME_HANDLER);

  private Labels() {}

  static ObjectNode write(Map<String, String> labels, Map<String, String> annotations) {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    labels.forEach(out::put);
    annotations.forEach((k, v) -> out.put(ANNOTATION + k, v));
    return out;
  }

  static Map<String, String> labels(JsonNode node) {
    Map<String, String> out = new TreeMap<>();
    node.properties()
        .forEach(e -> {
          if (!OURS.contains(e.getKey()) && !e.getKey().startsWith(ANNOTATION)) {
            out.put(e.getKey(), e.getValue().asText());
          }
        });
    return out;
  }

  static Map<String, String> annotations(JsonNode node) {
    Map<String, String> out = new TreeMap<>();
    node.properties()
        .forEach(e -> {
          if (e.getKey().startsWith(ANNOTATION)) {
            out.put(e.getKey().substring(ANNOTATION.length()), e.getValue().asText());
          }
        });
    return out;
  }
}
