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
    int perSecond = ConfigFields.notNegative(document, "eventRecordQPS", "--event-qps");
    int burst = ConfigFields.notNegative(document, "eventBurst", "--event-burst");
    return new EventRate(
        document.has("eventRecordQPS") ? perSecond : DEFAULT.perSecond,
        burst == 0 ? DEFAULT.burst : burst);
  }
}
