package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.schema.SchemaType;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.TreeMap;

/**
 * The annotation in which {@code kubectl apply} keeps what it applied by itself. Who applies as
 * {@code kubectl} goes on with it: what is still as the annotation says is no conflict, and the
 * annotation follows what the server has applied (Kubernetes docs, "Server-Side Apply", upgrading
 * from client-side apply).
 */
final class LastApplied {

  private static final String ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";
  private static final String MANAGER = "kubectl";

  /** What all annotations of an object may have together. */
  private static final int MAX_ANNOTATIONS = 256 * 1024;

  private LastApplied() {}

  /** The fields that were applied and have their values still; none for any other manager. */
  static FieldSet unchanged(SchemaType type, ObjectNode live, ServerSideApply.Writer writer) {
    String text = live.path("metadata").path("annotations").path(ANNOTATION).asText("");
    if (!writer.manager().equals(MANAGER) || text.isEmpty()) {
      return new FieldSet();
    }
    try {
      ObjectNode applied = Json.parseObject(text);
      if (!applied.path("apiVersion").asText("").equals(writer.apiVersion())) {
        return new FieldSet();
      }
      ApplyCheck.check(type, applied, writer.apiVersion());
      Comparison change = Comparison.of(type, applied, live);
      return TypedTree.fieldSet(type, applied)
          .minus(change.modified)
          .minus(change.added)
          .minus(change.removed);
    } catch (StatusException e) {
      // Whatever it is, it is no configuration that was applied.
      return new FieldSet();
    }
  }

  /** Writes a configuration into the annotation, where the object has it and there is room. */
  static void follow(ObjectNode object, ObjectNode config, ServerSideApply.Writer writer) {
    if (!writer.manager().equals(MANAGER)
        || !(object.path("metadata").path("annotations") instanceof ObjectNode annotations)
        || annotations.path(ANNOTATION).asText("").isEmpty()) {
      return;
    }
    ObjectNode kept = config.deepCopy();
    if (kept.path("metadata").path("annotations") instanceof ObjectNode own) {
      own.remove(ANNOTATION);
    }
    annotations.put(ANNOTATION, sorted(kept) + "\n");
    long size = 0;
    for (Iterator<String> names = annotations.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      size += bytes(name) + bytes(annotations.path(name).asText(""));
    }
    if (size > MAX_ANNOTATIONS) {
      annotations.remove(ANNOTATION);
    }
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /** With the names of fields in order, as clients write it. */
  private static JsonNode sorted(JsonNode node) {
    if (node instanceof ObjectNode object) {
      TreeMap<String, JsonNode> fields = new TreeMap<>();
      object.forEachEntry(fields::put);
      ObjectNode out = Json.object();
      fields.forEach((name, value) -> out.set(name, sorted(value)));
      return out;
    }
    if (node.isArray()) {
      var out = Json.array();
      node.forEach(item -> out.add(sorted(item)));
      return out;
    }
    return node;
  }
}
