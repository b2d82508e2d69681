package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;

/**
 * When containers' logs are rotated.
 *
 * @param maxSize bytes after which one is ({@code containerLogMaxSize})
 * @param maxFiles files kept of one container ({@code containerLogMaxFiles})
 * @param monitorInterval how often they are looked at
 */
public record ContainerLogOptions(long maxSize, int maxFiles, Duration monitorInterval) {
  public static final ContainerLogOptions DEFAULT =
      new ContainerLogOptions(10L << 20, 5, Duration.ofSeconds(10));

  /**
   * @throws IllegalArgumentException in upstream's words
   */
  static ContainerLogOptions parse(JsonNode document) {
    String interval = "containerLogMonitorInterval";
    Duration every = ConfigFields.duration(document, interval, DEFAULT.monitorInterval);
    if (every.compareTo(Duration.ofSeconds(3)) < 0) {
      throw ConfigFields.invalid(
          interval + " must be a positive time duration greater than or equal to 3s");
    }
    int files =
        ConfigFields.number(document, "containerLogMaxFiles", DEFAULT.maxFiles, Integer.MAX_VALUE);
    if (files <= 1) {
      throw ConfigFields.invalid("containerLogMaxFiles must be greater than 1");
    }
    return new ContainerLogOptions(
        ConfigFields.bytes(document, "containerLogMaxSize", DEFAULT.maxSize), files, every);
  }
}
