package dev.coracle.criruntime.server;

import java.time.Instant;

/** CRI's times: nanoseconds since the epoch. */
public final class Times {
  private Times() {}

  public static long now() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }
}
