package dev.coracle.watchhub.config;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How the embedded storage keeps its data.
 *
 * @param directory made when absent; belongs to one storage at a time
 * @param retention how long the history is kept at least (unless {@code maxHistory} is reached)
 * @param maxHistory at most so many revisions of history
 * @param maxBytes the hard cap on the disk; puts beyond it fail with NoSpace, deletes go on
 * @param segmentBytes a log file is closed and the next begun at this size
 * @param durable false: no fsync, for throw-away clusters of tests only; a power failure then loses
 *     data
 */
public record EmbeddedOptions(
    Path directory,
    Duration retention,
    long maxHistory,
    long maxBytes,
    long segmentBytes,
    boolean durable) {

  public EmbeddedOptions {
    if (maxHistory < 1 || maxBytes < 1 << 20 || segmentBytes < 4096) {
      throw new IllegalArgumentException("the storage's bounds are too small");
    }
  }

  /** Five minutes or 100,000 revisions of history, at most 8 GiB. */
  public static EmbeddedOptions defaults(Path directory) {
    return new EmbeddedOptions(
        directory, Duration.ofMinutes(5), 100_000, 8L << 30, 32L << 20, true);
  }

  public EmbeddedOptions withDurable(boolean isDurable) {
    return new EmbeddedOptions(directory, retention, maxHistory, maxBytes, segmentBytes, isDurable);
  }

  public EmbeddedOptions withHistory(Duration time, long revisions) {
    return new EmbeddedOptions(directory, time, revisions, maxBytes, segmentBytes, durable);
  }

  public EmbeddedOptions withQuota(long cap) {
    return new EmbeddedOptions(directory, retention, maxHistory, cap, segmentBytes, durable);
  }

  public EmbeddedOptions withSizes(long cap, long segment) {
    return new EmbeddedOptions(directory, retention, maxHistory, cap, segment, durable);
  }
}
