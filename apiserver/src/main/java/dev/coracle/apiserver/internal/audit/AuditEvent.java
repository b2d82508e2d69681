package dev.coracle.apiserver.internal.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One line of the log. The head is made where the request is; bodies are decoded and encoded on the
 * log's thread.
 *
 * @param request as it was sent; null for none
 * @param response immutable trees only; null for none
 * @param weight about how many bytes it keeps in memory
 */
record AuditEvent(
    ObjectNode head,
    @Nullable Supplier<@Nullable JsonNode> request,
    @Nullable Supplier<@Nullable JsonNode> response,
    boolean omitManagedFields,
    long weight) {

  /** As one line of JSON. */
  byte[] encode() {
    put("requestObject", request);
    put("responseObject", response);
    return Json.bytes(head);
  }

  private void put(String field, @Nullable Supplier<@Nullable JsonNode> content) {
    JsonNode value = content == null ? null : content.get();
    if (value != null) {
      head.set(field, omitManagedFields ? withoutManagers(value) : value);
    }
  }

  private static JsonNode withoutManagers(JsonNode value) {
    if (!(value instanceof ObjectNode object)) {
      return value;
    }
    ObjectNode out = object.deepCopy();
    strip(out);
    if (out.path("items") instanceof ArrayNode items) {
      items.forEach(AuditEvent::strip);
    }
    return out;
  }

  private static void strip(JsonNode object) {
    if (object.path("metadata") instanceof ObjectNode metadata) {
      metadata.remove("managedFields");
    }
  }
}
