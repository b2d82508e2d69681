package dev.coracle.apiserver.config;

import java.time.Duration;

/** How audit events get to where they go. */
public record AuditDelivery(Mode mode, Batch batch, Truncation truncation) {

  public static final AuditDelivery LOG =
      new AuditDelivery(
          Mode.BLOCKING, new Batch(10_000, 1, Duration.ZERO, false, 0, 0), Truncation.NONE);

  public static final AuditDelivery WEBHOOK =
      new AuditDelivery(
          Mode.BATCH,
          new Batch(10_000, 400, Duration.ofSeconds(30), true, 10, 15),
          Truncation.NONE);

  /** Who waits for whom. */
  public enum Mode {
    /** Nobody: events are gathered. */
    BATCH,
    /** A request waits until its events are there, or cannot get there. */
    BLOCKING,
    /** Besides, a request is refused whose first event cannot get there. */
    BLOCKING_STRICT
  }

  /**
   * @param bufferSize how many events may wait; more are lost
   * @param maxSize events in one batch
   * @param maxWait until what is there is sent, though there is room for more
   * @param throttled whether only so many batches are sent in a time
   * @param perSecond batches
   * @param burst batches that may be sent at once after a rest
   */
  public record Batch(
      int bufferSize,
      int maxSize,
      Duration maxWait,
      boolean throttled,
      double perSecond,
      int burst) {}

  /**
   * @param maxBatchBytes sent at once
   * @param maxEventBytes of one event; a larger one is sent without bodies, if that helps
   */
  public record Truncation(boolean enabled, long maxBatchBytes, long maxEventBytes) {

    public static final Truncation NONE = new Truncation(false, 10L << 20, 100L << 10);
  }

  /**
   * @param plugin as it is named in flags
   * @throws IllegalStateException with words for the user
   */
  public void check(String plugin) {
    if (mode == Mode.BATCH) {
      positive("batch", plugin, "buffer size", batch.bufferSize());
      positive("batch", plugin, "max batch size", batch.maxSize());
      if (batch.throttled()) {
        positive("batch", plugin, "throttle QPS", batch.perSecond());
        positive("batch", plugin, "throttle burst", batch.burst());
      }
    }
    positive("truncate", plugin, "max event size", truncation.maxEventBytes());
    if (truncation.maxBatchBytes() < truncation.maxEventBytes()) {
      throw new IllegalStateException(
          "invalid audit truncate "
              + plugin
              + " max batch size "
              + truncation.maxBatchBytes()
              + ", must be greater than max event size ("
              + truncation.maxEventBytes()
              + ")");
    }
  }

  private static void positive(String of, String plugin, String what, double value) {
    if (value <= 0) {
      String number = value == Math.rint(value) ? Long.toString((long) value) : "" + value;
      throw new IllegalStateException(
          "invalid audit "
              + of
              + " "
              + plugin
              + " "
              + what
              + " "
              + number
              + ", must be a positive number");
    }
  }
}
