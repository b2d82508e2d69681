package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What the kernel is told of the kubelet's own process. What is left out stays as the process was
 * started.
 *
 * @param oomScoreAdj {@code oomScoreAdj}: how soon it is killed when the machine has no memory left
 * @param maxOpenFiles {@code maxOpenFiles}
 */
public record ProcessOptions(OptionalInt oomScoreAdj, OptionalLong maxOpenFiles) {
  private static final int MOST = 1000;

  public static final ProcessOptions NONE =
      new ProcessOptions(OptionalInt.empty(), OptionalLong.empty());

  /**
   * @throws IllegalArgumentException in upstream's words
   */
  static ProcessOptions parse(JsonNode document) {
    return new ProcessOptions(
        score(document.path("oomScoreAdj")), files(document.path("maxOpenFiles")));
  }

  private static OptionalInt score(JsonNode node) {
    if (node.isMissingNode()) {
      return OptionalInt.empty();
    }
    if (!node.isIntegralNumber()) {
      throw new IllegalArgumentException("oomScoreAdj must be a number");
    }
    if (!node.canConvertToInt() || node.intValue() < -MOST || node.intValue() > MOST) {
      throw ConfigFields.invalid(
          "oomScoreAdj (--oom-score-adj) "
              + node.asText()
              + " must be between -1000 and 1000, inclusive");
    }
    return OptionalInt.of(node.intValue());
  }

  private static OptionalLong files(JsonNode node) {
    if (node.isMissingNode()) {
      return OptionalLong.empty();
    }
    if (!node.isIntegralNumber() || !node.canConvertToLong()) {
      throw new IllegalArgumentException("maxOpenFiles must be a number");
    }
    if (node.longValue() < 0) {
      throw ConfigFields.invalid(
          "maxOpenFiles (--max-open-files) " + node.asText() + " must not be a negative number");
    }
    return node.longValue() == 0 ? OptionalLong.empty() : OptionalLong.of(node.longValue());
  }
}
