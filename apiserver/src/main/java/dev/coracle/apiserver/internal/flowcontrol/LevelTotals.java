package dev.coracle.apiserver.internal.flowcontrol;

/** What a level counts of itself, and what its last choice was made by. Guarded by its lock. */
final class LevelTotals {

  long dispatched;
  long rejected;
  long timedOut;
  long cancelled;

  /** Virtual times: as the last was let run, and when it was to begin. */
  double dispatchedAt;

  double latestStart;

  /** Of the oldest of each queue, at the last choice. */
  double leastStart;

  double mostStart;
  double leastDiscounted;
  double mostDiscounted;

  void refused(String reason) {
    switch (reason) {
      case "time-out" -> timedOut++;
      case "cancelled" -> cancelled++;
      default -> rejected++;
    }
  }

  void dispatched(double now, double start) {
    dispatchedAt = now;
    latestStart = start;
  }

  void forget() {
    leastStart = Double.POSITIVE_INFINITY;
    mostStart = Double.NEGATIVE_INFINITY;
    leastDiscounted = Double.POSITIVE_INFINITY;
    mostDiscounted = Double.NEGATIVE_INFINITY;
  }

  void next(double start, double inProgress) {
    leastStart = Math.min(leastStart, start);
    mostStart = Math.max(mostStart, start);
    leastDiscounted = Math.min(leastDiscounted, start - inProgress);
    mostDiscounted = Math.max(mostDiscounted, start - inProgress);
  }

  LevelTotals copy() {
    LevelTotals copy = new LevelTotals();
    copy.dispatched = dispatched;
    copy.rejected = rejected;
    copy.timedOut = timedOut;
    copy.cancelled = cancelled;
    copy.dispatchedAt = dispatchedAt;
    copy.latestStart = latestStart;
    copy.leastStart = leastStart;
    copy.mostStart = mostStart;
    copy.leastDiscounted = leastDiscounted;
    copy.mostDiscounted = mostDiscounted;
    return copy;
  }
}
