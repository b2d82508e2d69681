package dev.coracle.watchhub.internal.embedded;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The kept versions of one key, oldest first. Readers see an immutable array; those who change it
 * (the writer, and the checkpoint that moves values) hold this object's lock.
 */
final class KeyHistory {

  private static final Version[] NONE = {};

  final String key;
  private volatile Version[] versions = NONE;

  KeyHistory(String key) {
    this.key = key;
  }

  /** The state at a revision, null when there was none or a deletion. */
  @Nullable Version at(long revision) {
    Version v = lastUpTo(revision);
    return v == null || v.isDeletion() ? null : v;
  }

  /** What was before a revision, null when nothing, a deletion, or nothing that is still kept. */
  @Nullable Version before(long revision) {
    return at(revision - 1);
  }

  /** The change made by exactly this revision, deletions included. */
  @Nullable Version exactly(long revision) {
    Version v = lastUpTo(revision);
    return v != null && v.modRevision == revision ? v : null;
  }

  /** The newest state, also one not yet durable: for the writer alone. */
  @Nullable Version newest() {
    Version[] all = versions;
    return all.length == 0 || all[all.length - 1].isDeletion() ? null : all[all.length - 1];
  }

  private @Nullable Version lastUpTo(long revision) {
    Version[] all = versions;
    for (int i = all.length - 1; i >= 0; i--) {
      if (all[i].modRevision <= revision) {
        return all[i];
      }
    }
    return null;
  }

  synchronized void append(Version version) {
    Version[] all = versions;
    Version[] longer = Arrays.copyOf(all, all.length + 1);
    longer[all.length] = version;
    versions = longer;
  }

  /** Takes back what {@link #append} did at this revision. */
  synchronized void undo(long revision) {
    Version[] all = versions;
    int n = all.length;
    while (n > 0 && all[n - 1].modRevision >= revision) {
      n--;
    }
    versions = Arrays.copyOf(all, n);
  }

  /**
   * Forgets what no read at {@code revision} or later can see.
   *
   * @return whether nothing is left
   */
  synchronized boolean compact(long revision) {
    Version[] all = versions;
    int keep = all.length;
    for (int i = all.length - 1; i >= 0; i--) {
      keep = i;
      if (all[i].modRevision <= revision) {
        if (all[i].isDeletion()) {
          keep = i + 1;
        }
        break;
      }
    }
    if (keep > 0) {
      versions = Arrays.copyOfRange(all, keep, all.length);
    }
    return versions.length == 0;
  }

  synchronized void move(long revision, DataFile file, long offset) {
    Version[] all = versions;
    for (int i = 0; i < all.length; i++) {
      if (all[i].modRevision == revision) {
        Version[] copy = all.clone();
        copy[i] = all[i].movedTo(file, offset);
        versions = copy;
        return;
      }
    }
  }

  boolean isEmpty() {
    return versions.length == 0;
  }
}
