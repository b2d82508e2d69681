package dev.coracle.apiserver.internal.flowcontrol;

/**
 * For how many seconds a refused request should stay away: doubled while many are refused, one less
 * for every second in which few are (as TCP's window, the other way round). Guarded by its level's
 * lock.
 */
final class RetryAfter {

  private static final int MOST = 32;

  /** How many were refused in each of the last seconds, by second modulo its length. */
  private final int[] counts = new int[MOST + 1];

  private long second;
  private long raised;
  private int wait = 1;

  RetryAfter(long nanos) {
    second = nanos / 1_000_000_000L;
    raised = second - MOST;
  }

  /** Counts one. */
  void refused(long nanos) {
    long now = nanos / 1_000_000_000L;
    if (now != second) {
      long gone = Math.min(Math.max(1, now - second), counts.length);
      for (long s = now - gone + 1; s <= now; s++) {
        counts[slot(s)] = 0;
      }
      second = now;
      turn(now);
    }
    counts[slot(now)]++;
  }

  private void turn(long now) {
    long recent = 0;
    for (int back = 1; back <= wait; back++) {
      recent += counts[slot(now - back)];
    }
    if (now - raised >= wait && recent >= 3L * wait) {
      wait = Math.min(MOST, wait * 2);
      raised = now;
    } else if (recent < wait && wait > 1) {
      wait--;
    }
  }

  private int slot(long s) {
    return (int) Math.floorMod(s, (long) counts.length);
  }

  int seconds() {
    return wait;
  }
}
