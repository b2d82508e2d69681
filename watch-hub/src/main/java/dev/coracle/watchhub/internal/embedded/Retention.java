package dev.coracle.watchhub.internal.embedded;

import dev.coracle.watchhub.config.EmbeddedOptions;
import java.util.ArrayDeque;

/**
 * Decides when history is old enough to be forgotten: what is older than the retention, or beyond
 * the count. Keeps a sample of (time, revision) every tenth of the retention, so an idle store has
 * nothing to wake up for. The writer's alone.
 */
final class Retention {

  /** How many revisions stay when there is no room for more. */
  private static final long CROWDED = 1000;

  private record Sample(long time, long revision) {}

  private final Index index;
  private final long keepNanos;
  private final long maxHistory;
  private final ArrayDeque<Sample> samples = new ArrayDeque<>();
  private long asked;

  Retention(EmbeddedOptions options, Index index) {
    this.index = index;
    this.keepNanos = options.retention().toNanos();
    this.maxHistory = options.maxHistory();
  }

  void committed(long now, long revision) {
    Sample last = samples.peekLast();
    if (last == null) {
      if (revision > index.compacted) {
        samples.add(new Sample(now, revision));
      }
    } else if (revision > last.revision && now - last.time > keepNanos / 10) {
      samples.add(new Sample(now, revision));
    }
  }

  /** A caller wants history up to here gone; done with the next {@link #due}. */
  void ask(long revision) {
    asked = Math.max(asked, revision);
  }

  long untilDue(long now) {
    Sample first = samples.peekFirst();
    return first == null ? Long.MAX_VALUE : Math.max(0, first.time + keepNanos - now);
  }

  /**
   * The revision to compact to now, 0 for none.
   *
   * @param hold not now: somebody reads at the oldest revision
   * @param crowded the disk's cap is reached: most of the history goes at once
   */
  long due(long now, boolean hold, boolean crowded) {
    if (hold) {
      return 0;
    }
    long to = asked;
    asked = 0;
    for (Sample s; (s = samples.peekFirst()) != null && s.time + keepNanos - now <= 0; ) {
      samples.removeFirst();
      to = Math.max(to, s.revision);
    }
    long newest = index.newest;
    if (newest - index.compacted > maxHistory) {
      to = Math.max(to, newest - maxHistory * 9 / 10);
    }
    if (crowded && newest - index.compacted > CROWDED) {
      to = Math.max(to, newest - CROWDED);
    }
    return to > index.compacted ? to : 0;
  }
}
