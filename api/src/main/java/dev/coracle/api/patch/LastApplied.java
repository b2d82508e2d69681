package dev.coracle.api.patch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GoText;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.schema.SchemaType;
import java.nio.charset.StandardCharsets;

/**
 * The annotation in which client-side apply keeps what it applied last. {@code kubectl apply
 * --server-side} takes over from it without conflicts and keeps it up to date, so that one can go
 * back (Kubernetes docs, "Server-Side Apply", upgrading from client-side apply). Both are for the
 * field manager {@code kubectl} alone; whoever names another has opted out.
 */
final class LastApplied {

  private static final String MANAGER = "kubectl";
  private static final String ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";

  /** How many bytes the names and values of all annotations may have. */
  private static final int MAX_ANNOTATIONS = 256 << 10;

  private LastApplied() {}

  /**
   * The fields that client-side apply wrote and that are as it wrote them, which the manager may
   * therefore take from others.
   *
   * @param live what is stored
   */
  static FieldSet unchanged(SchemaType type, ObjectNode live, ServerSideApply.Writer writer) {
    String written = live.path("metadata").path("annotations").path(ANNOTATION).asText("");
    if (!writer.manager().equals(MANAGER) || written.isEmpty()) {
      return new FieldSet();
    }
    ObjectNode last;
    try {
      if (!(Json.MAPPER.readTree(written) instanceof ObjectNode object)
          || !object.path("apiVersion").asText("").equals(writer.apiVersion())) {
        return new FieldSet();
      }
      ApplyCheck.check(type, object, writer.apiVersion());
      last = object;
    } catch (JsonProcessingException | StatusException notOfThisKind) {
      return new FieldSet();
    }
    Comparison since = Comparison.of(type, last, live);
    return TypedTree.fieldSet(type, last)
        .minus(since.modified)
        .minus(since.added)
        .minus(since.removed);
  }

  /**
   * Writes the configuration into the annotation of an object that has one; takes it away where it
   * would be too large.
   *
   * @param applied what comes of the apply; is changed
   */
  static void keep(ObjectNode applied, ObjectNode config, ServerSideApply.Writer writer) {
    if (!writer.manager().equals(MANAGER)
        || !(applied.path("metadata").path("annotations") instanceof ObjectNode annotations)
        || annotations.path(ANNOTATION).asText("").isEmpty()) {
      return;
    }
    ObjectNode said = config.deepCopy();
    if (said.path("metadata").path("annotations") instanceof ObjectNode own) {
      own.remove(ANNOTATION);
    }
    annotations.put(ANNOTATION, GoText.json(said) + "\n");
    if (size(annotations) > MAX_ANNOTATIONS) {
      annotations.remove(ANNOTATION);
    }
  }

  private static long size(ObjectNode annotations) {
    long size = 0;
    for (var annotation : annotations.properties()) {
      size += bytes(annotation.getKey()) + bytes(annotation.getValue().asText(""));
    }
    return size;
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
