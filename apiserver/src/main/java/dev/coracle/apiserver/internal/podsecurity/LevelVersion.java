package dev.coracle.apiserver.internal.podsecurity;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A level as it was in a version of Kubernetes.
 *
 * @param minor of version 1; {@link #LATEST} for the newest there is
 */
public record LevelVersion(Level level, int minor) {

  public static final int LATEST = Integer.MAX_VALUE;

  private static final Pattern VERSION = Pattern.compile("v1\\.(0|[1-9][0-9]{0,8})");

  /** {@code latest} or {@code v1.x}. */
  public static Optional<Integer> minor(String label) {
    if (label.equals("latest")) {
      return Optional.of(LATEST);
    }
    Matcher version = VERSION.matcher(label);
    return version.matches() ? Optional.of(Integer.parseInt(version.group(1))) : Optional.empty();
  }

  LevelVersion withLevel(Level other) {
    return new LevelVersion(other, minor);
  }

  LevelVersion withMinor(int other) {
    return new LevelVersion(level, other);
  }

  /** {@code baseline:latest}. */
  @Override
  public String toString() {
    return level + ":" + (minor == LATEST ? "latest" : "v1." + minor);
  }
}
