package dev.coracle.controllers.internal.status;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import java.time.Instant;

/** Reads and sets entries of {@code status.conditions}. */
public final class Conditions {

  private Conditions() {}

  /** The condition of this type, a missing node where there is none. */
  public static JsonNode find(KubeObject object, String type) {
    return find(object.at("status"), type);
  }

  public static JsonNode find(JsonNode status, String type) {
    for (JsonNode condition : status.path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition;
      }
    }
    return MissingNode.getInstance();
  }

  public static boolean isTrue(KubeObject object, String type) {
    return find(object, type).path("status").asText().equals("True");
  }

  /**
   * Sets a condition; the transition time changes only with the status. Gives whether anything but
   * times has changed.
   */
  public static boolean set(
      ObjectNode status, String type, String value, String reason, String message, Instant now) {
    return set(status, type, value, reason, message, now, false);
  }

  /**
   * @param updateTime keep a {@code lastUpdateTime} too, as Deployments do
   */
  public static boolean set(
      ObjectNode status,
      String type,
      String value,
      String reason,
      String message,
      Instant now,
      boolean updateTime) {
    String time = Timestamps.time(now);
    ArrayNode conditions = status.withArrayProperty("conditions");
    ObjectNode condition = null;
    for (JsonNode c : conditions) {
      if (c.path("type").asText().equals(type)) {
        condition = (ObjectNode) c;
      }
    }
    if (condition == null) {
      condition = conditions.addObject();
    } else if (condition.path("status").asText().equals(value)
        && condition.path("reason").asText().equals(reason)
        && condition.path("message").asText().equals(message)) {
      return false;
    }
    boolean flipped = !condition.path("status").asText().equals(value);
    String since = flipped ? time : condition.path("lastTransitionTime").asText(time);
    condition.put("type", type).put("status", value);
    if (updateTime) {
      condition.put("lastUpdateTime", time);
    }
    condition.put("lastTransitionTime", since);
    condition.put("reason", reason).put("message", message);
    return true;
  }

  /** Gives whether there was one. */
  public static boolean remove(ObjectNode status, String type) {
    JsonNode conditions = status.path("conditions");
    for (int i = 0; i < conditions.size(); i++) {
      if (conditions.get(i).path("type").asText().equals(type)) {
        ((ArrayNode) conditions).remove(i);
        if (conditions.isEmpty()) {
          status.remove("conditions");
        }
        return true;
      }
    }
    return false;
  }
}
