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
    int burst = ConfigFields.notNegative(document, "registryBurst", "--registry-burst");
    return new PullRate(
        ConfigFields.notNegative(document, "registryPullQPS", "--registry-qps"),
        burst == 0 ? NONE.burst : burst);
  }
}
