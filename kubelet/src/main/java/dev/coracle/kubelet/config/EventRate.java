package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * How many events a kubelet tells.
 *
 * @param perSecond {@code eventRecordQPS}; zero for as many as there are
 * @param burst {@code eventBurst}: at once
 */
public record EventRate(int perSecond, int burst) {
  public static final EventRate DEFAULT = new EventRate(50, 100);

  /**
   * @throws IllegalArgumentException in upstream's words
   */
  static EventRate parse(JsonNode document) {
    return new EventRate(
        notNegative(document, "eventRecordQPS", "--event-qps", DEFAULT.perSecond),
        document.path("eventBurst").asInt() == 0
            ? DEFAULT.burst
            : notNegative(document, "eventBurst", "--event-burst", DEFAULT.burst));
  }

  private static int notNegative(JsonNode document, String field, String flag, int otherwise) {
    JsonNode node = document.path(field);
    if (node.isInt() && node.intValue() < 0) {
      throw ConfigFields.invalid(
          field + " (" + flag + ") " + node.asText() + " must not be a negative number");
    }
    return ConfigFields.number(document, field, otherwise, Integer.MAX_VALUE);
  }
}
