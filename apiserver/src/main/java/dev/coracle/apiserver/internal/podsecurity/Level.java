package dev.coracle.apiserver.internal.podsecurity;

import java.util.Locale;
import java.util.Optional;

/** How much pods are held back, the loosest first. */
public enum Level {
  PRIVILEGED,
  BASELINE,
  RESTRICTED;

  public static Optional<Level> of(String label) {
    for (Level level : values()) {
      if (level.toString().equals(label)) {
        return Optional.of(level);
      }
    }
    return Optional.empty();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
