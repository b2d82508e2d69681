package dev.coracle.apiserver.internal.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.patch.JsonPatch;
import dev.coracle.apiserver.internal.webhook.WebhookClient.CallFailed;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The JSON patch of a mutating webhook's response. */
final class Patching {

  private Patching() {}

  /**
   * That the patch, if there is one, can be read as a patch: one that cannot is a failure of the
   * call, which the webhook's {@code failurePolicy} decides on.
   *
   * @throws CallFailed
   */
  static void check(JsonNode response) {
    if (!has(response)) {
      return;
    }
    JsonNode patch;
    try {
      patch = parsed(response);
    } catch (StatusException e) {
      throw undecodable(e.status().message());
    }
    if (!patch.isArray() && !patch.isNull()) {
      throw undecodable(unfit(patch, "jsonpatch.Patch"));
    }
    for (JsonNode operation : patch) {
      if (!operation.isObject() && !operation.isNull()) {
        throw undecodable(unfit(operation, "jsonpatch.Operation"));
      }
    }
    String type = response.path("patchType").asText("JSONPatch");
    if (!type.equals("JSONPatch") && !patch.isEmpty()) {
      throw new CallFailed("unsupported patch type \"" + type + "\"");
    }
  }

  static boolean has(JsonNode response) {
    return !response.path("patch").asText("").isEmpty();
  }

  /** The operations of a patch that has been checked; maybe none. */
  static ArrayNode operations(JsonNode response) {
    return has(response) && parsed(response) instanceof ArrayNode patch ? patch : Json.array();
  }

  private static JsonNode parsed(JsonNode response) {
    try {
      return Json.parse(response.get("patch").binaryValue());
    } catch (IOException e) {
      // The answer was read as one with base64 in this place.
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The object after the patch.
   *
   * @throws StatusException {@code InternalError} where the patch does not fit the object, whatever
   *     the failurePolicy
   */
  static ObjectNode apply(ObjectNode shown, ArrayNode operations, String webhook) {
    try {
      if (JsonPatch.apply(shown, operations) instanceof ObjectNode patched) {
        return patched;
      }
      throw StatusException.internal("the patch of " + webhook + " gives no object");
    } catch (StatusException e) {
      Throwable why = e.getCause();
      throw why == null ? e : StatusException.internal(String.valueOf(why.getMessage()));
    }
  }

  private static CallFailed undecodable(String why) {
    return new CallFailed("received undecodable patch in webhook response: " + why);
  }

  private static String unfit(JsonNode found, String type) {
    String is =
        found.isObject()
            ? "object"
            : found.isArray()
                ? "array"
                : found.isTextual() ? "string" : found.isNumber() ? "number" : "bool";
    return "json: cannot unmarshal " + is + " into Go value of type " + type;
  }
}
