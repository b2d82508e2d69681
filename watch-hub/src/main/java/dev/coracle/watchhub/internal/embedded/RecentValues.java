package dev.coracle.watchhub.internal.embedded;

/**
 * Lets go of values that are no longer recent: at most so many revisions and bytes stay in memory
 * for watchers near the head of the feed. The writer's alone.
 */
final class RecentValues {

  private static final int MAX_REVISIONS = 2048;
  private static final long MAX_BYTES = 4 << 20;

  private final Index index;
  private long oldest;
  private long bytes;

  RecentValues(Index index) {
    this.index = index;
    this.oldest = index.newest + 1;
  }

  /** Revisions {@code before+1..now} have come. */
  void committed(long before, long now) {
    for (long r = before + 1; r <= now; r++) {
      bytes += sizeOf(r);
    }
    while (oldest <= now && (now - oldest >= MAX_REVISIONS || bytes > MAX_BYTES)) {
      bytes -= sizeOf(oldest);
      if (oldest > index.compacted) {
        for (KeyHistory history : index.changedAt(oldest)) {
          Version v = history.exactly(oldest);
          if (v != null) {
            v.recent = null;
          }
        }
      }
      oldest++;
    }
    if (oldest > now) {
      bytes = 0;
    }
  }

  private long sizeOf(long revision) {
    long size = 0;
    if (revision > index.compacted) {
      for (KeyHistory history : index.changedAt(revision)) {
        Version v = history.exactly(revision);
        size += v == null ? 0 : v.length;
      }
    }
    return size;
  }
}
