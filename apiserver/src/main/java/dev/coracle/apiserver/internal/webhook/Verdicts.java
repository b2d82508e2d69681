package dev.coracle.apiserver.internal.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;

/** What webhooks' answers become, in upstream's words. */
final class Verdicts {

  /** What can stand in the first line of an answer. */
  private static final int MOST_CODE = 999;

  private Verdicts() {}

  /** The refusal of a webhook that does not allow a request. */
  static StatusException denied(String webhook, JsonNode result) {
    ObjectNode status = result instanceof ObjectNode o ? o.deepCopy() : Json.object();
    String by = "admission webhook \"" + webhook + "\" denied the request";
    String message = status.path("message").asText("");
    String reason = status.path("reason").asText("");
    status.put(
        "message",
        !message.isEmpty()
            ? by + ": " + message
            : !reason.isEmpty() ? by + ": " + reason : by + " without explanation");
    int code = status.path("code").asInt(0);
    status.put("code", code < 400 || code > MOST_CODE ? 400 : code);
    status.put("status", "Failure");
    return new StatusException(keepingReason(status, reason));
  }

  /** A webhook's status without a reason has none, whatever its code. */
  private static Status keepingReason(ObjectNode status, String reason) {
    Status read = Status.of(status);
    return reason.isEmpty()
        ? new Status(
            false,
            read.code(),
            dev.coracle.api.StatusReason.UNKNOWN,
            read.message(),
            read.group(),
            read.kind(),
            read.name(),
            read.uid(),
            read.causes(),
            read.retryAfterSeconds())
        : read;
  }

  static StatusException noDryRun(String webhook) {
    return StatusException.badRequest(
        "admission webhook \"" + webhook + "\" does not support dry run");
  }

  /** {@code Internal error occurred: failed calling webhook …}. */
  static StatusException failed(String webhook, Throwable why) {
    return StatusException.internal(
        "failed calling webhook \"" + webhook + "\": " + why.getMessage());
  }
}
