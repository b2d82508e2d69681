package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * The answer to a request that has no object to answer with, above all a failed one (API
 * conventions, "Response Status Kind"). Failures are made by the factories of {@link
 * StatusException}.
 *
 * @param code the HTTP code
 * @param group {@code details.group}; group, kind, name and uid are empty where there is nothing to
 *     say
 * @param kind the resource's plural in {@code details.kind}, as upstream has it
 * @param retryAfterSeconds zero for none
 * @param continueToken {@code metadata.continue}, how to go on after an expired page; mostly empty
 * @param ownReason in place of the text of {@code reason}, as a webhook gives one of its own;
 *     mostly empty
 */
public record Status(
    boolean success,
    int code,
    StatusReason reason,
    String message,
    String group,
    String kind,
    String name,
    String uid,
    List<StatusCause> causes,
    int retryAfterSeconds,
    String continueToken,
    String ownReason) {

  public Status {
    causes = List.copyOf(causes);
  }

  public Status(
      boolean success,
      int code,
      StatusReason reason,
      String message,
      String group,
      String kind,
      String name,
      String uid,
      List<StatusCause> causes,
      int retryAfterSeconds) {
    this(success, code, reason, message, group, kind, name, uid, causes, retryAfterSeconds, "", "");
  }

  /** What deletes of vanished objects and similar calls answer with. */
  public static Status success(String group, String kind, String name, String uid) {
    return new Status(true, 200, StatusReason.UNKNOWN, "", group, kind, name, uid, List.of(), 0);
  }

  public static Status failure(StatusReason reason, String message) {
    return new Status(false, reason.code(), reason, message, "", "", "", "", List.of(), 0);
  }

  /** The same with another HTTP code than its reason's. */
  public Status withCode(int otherCode) {
    return new Status(
        success,
        otherCode,
        reason,
        message,
        group,
        kind,
        name,
        uid,
        causes,
        retryAfterSeconds,
        continueToken,
        ownReason);
  }

  public Status withMessage(String otherMessage) {
    return new Status(
        success,
        code,
        reason,
        otherMessage,
        group,
        kind,
        name,
        uid,
        causes,
        retryAfterSeconds,
        continueToken,
        ownReason);
  }

  public Status withDetails(GroupResource resource, String name) {
    return new Status(
        success,
        code,
        reason,
        message,
        resource.group(),
        resource.resource(),
        name,
        uid,
        causes,
        retryAfterSeconds,
        continueToken,
        ownReason);
  }

  public Status withCauses(List<StatusCause> causes) {
    return new Status(
        success,
        code,
        reason,
        message,
        group,
        kind,
        name,
        uid,
        causes,
        retryAfterSeconds,
        continueToken,
        ownReason);
  }

  public Status withRetryAfter(int seconds) {
    return new Status(
        success,
        code,
        reason,
        message,
        group,
        kind,
        name,
        uid,
        causes,
        seconds,
        continueToken,
        ownReason);
  }

  public Status withContinue(String token) {
    return new Status(
        success,
        code,
        reason,
        message,
        group,
        kind,
        name,
        uid,
        causes,
        retryAfterSeconds,
        token,
        ownReason);
  }

  public ObjectNode toJson() {
    ObjectNode node = Json.object();
    node.put("kind", "Status").put("apiVersion", "v1");
    put(node.putObject("metadata"), "continue", continueToken);
    node.put("status", success ? "Success" : "Failure");
    if (!message.isEmpty()) {
      node.put("message", message);
    }
    put(node, "reason", ownReason.isEmpty() ? reason.text() : ownReason);
    ObjectNode details = Json.object();
    put(details, "name", name);
    put(details, "group", group);
    put(details, "kind", kind);
    put(details, "uid", uid);
    if (!causes.isEmpty()) {
      ArrayNode list = details.putArray("causes");
      for (StatusCause cause : causes) {
        ObjectNode c = list.addObject();
        put(c, "reason", cause.type());
        put(c, "message", cause.message());
        put(c, "field", cause.field());
      }
    }
    if (retryAfterSeconds > 0) {
      details.put("retryAfterSeconds", retryAfterSeconds);
    }
    if (!details.isEmpty()) {
      node.set("details", details);
    }
    if (!success || code != 200) {
      node.put("code", code);
    }
    return node;
  }

  /** Reads a {@code Status} from the wire. */
  public static Status of(JsonNode node) {
    JsonNode details = node.path("details");
    List<StatusCause> causes = new ArrayList<>();
    for (JsonNode c : details.path("causes")) {
      causes.add(
          new StatusCause(
              c.path("reason").asText(""),
              c.path("message").asText(""),
              c.path("field").asText("")));
    }
    boolean success = "Success".equals(node.path("status").asText());
    int code = node.path("code").asInt(success ? 200 : 500);
    String given = success ? "" : node.path("reason").asText("");
    StatusReason reason = success ? StatusReason.UNKNOWN : StatusReason.of(given, code);
    return new Status(
        success,
        code,
        reason,
        node.path("message").asText(""),
        details.path("group").asText(""),
        details.path("kind").asText(""),
        details.path("name").asText(""),
        details.path("uid").asText(""),
        causes,
        details.path("retryAfterSeconds").asInt(0),
        node.path("metadata").path("continue").asText(""),
        reason.text().equals(given) ? "" : given);
  }

  private static void put(ObjectNode node, String field, String value) {
    if (!value.isEmpty()) {
      node.put(field, value);
    }
  }
}
