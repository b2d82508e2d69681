package dev.coracle.apiserver.internal.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is told of a request at one of its stages. The head is made where the request is; bodies are
 * decoded and encoded when it is first asked for, once for all places it goes to. Safe on any
 * thread.
 */
final class AuditEvent {

  private final ObjectNode head;
  private final @Nullable Supplier<@Nullable JsonNode> request;
  private final @Nullable Supplier<@Nullable JsonNode> response;
  private final boolean omitManagedFields;
  private final long weight;
  private byte @Nullable [] encoded;

  /**
   * @param request as it was sent; null for none
   * @param response immutable trees only; null for none
   * @param weight about how many bytes it keeps in memory
   */
  AuditEvent(
      ObjectNode head,
      @Nullable Supplier<@Nullable JsonNode> request,
      @Nullable Supplier<@Nullable JsonNode> response,
      boolean omitManagedFields,
      long weight) {
    this.head = head;
    this.request = request;
    this.response = response;
    this.omitManagedFields = omitManagedFields;
    this.weight = weight;
  }

  long weight() {
    return weight;
  }

  /** As one line of JSON, which nobody changes. */
  synchronized byte[] encode() {
    byte[] done = encoded;
    if (done == null) {
      ObjectNode whole = shallowCopy();
      put(whole, "requestObject", request);
      put(whole, "responseObject", response);
      done = Json.bytes(whole);
      encoded = done;
    }
    return done;
  }

  /** Whether its level lets bodies be seen. */
  boolean mayHaveBodies() {
    return AuditLevel.of(head.path("level").asText(""))
        .filter(level -> level.includes(AuditLevel.REQUEST))
        .isPresent();
  }

  /** The same without bodies, which it says. */
  AuditEvent withoutBodies() {
    ObjectNode less = shallowCopy();
    ObjectNode annotations = Json.object();
    if (less.get("annotations") instanceof ObjectNode there) {
      annotations.setAll(there);
    }
    less.set("annotations", annotations.put("audit.k8s.io/truncated", "true"));
    return new AuditEvent(less, null, null, omitManagedFields, 1024);
  }

  private ObjectNode shallowCopy() {
    ObjectNode copy = Json.object();
    copy.setAll(head);
    return copy;
  }

  private void put(ObjectNode to, String field, @Nullable Supplier<@Nullable JsonNode> content) {
    JsonNode value = content == null ? null : decoded(content);
    if (value != null) {
      to.set(field, omitManagedFields ? withoutManagers(value) : value);
    }
  }

  /** What cannot be read is left out, and the rest told. */
  private static @Nullable JsonNode decoded(Supplier<@Nullable JsonNode> content) {
    try {
      return content.get();
    } catch (StatusException e) {
      return null;
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
