package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * How many images are pulled in a time.
 *
 * @param perSecond {@code registryPullQPS}; zero for as many as are wanted, which is so where
 *     nothing is said
 * @param burst {@code registryBurst}: at once
 */
public record PullRate(int perSecond, int burst) {
  public static final PullRate NONE = new PullRate(0, 10);

  /**
   * @throws IllegalArgumentException in upstream's words
   */
  static PullRate parse(JsonNode document) {
    int burst = notNegative(document, "registryBurst", "--registry-burst");
    return new PullRate(
        notNegative(document, "registryPullQPS", "--registry-qps"),
        burst == 0 ? NONE.burst : burst);
  }

  private static int notNegative(JsonNode document, String field, String flag) {
    JsonNode node = document.path(field);
    if (node.isInt() && node.intValue() < 0) {
      throw ConfigFields.invalid(
          field + " (" + flag + ") " + node.asText() + " must not be a negative number");
    }
    return ConfigFields.number(document, field, 0, Integer.MAX_VALUE);
  }
}
