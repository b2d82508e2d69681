package dev.coracle.watchhub.internal.embedded;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The kept versions of one key, oldest first. Those who change it (the writer, and the checkpoint
 * that moves values) hold this object's lock. Readers need none: of an array that they see, only
 * the room behind its last version is ever filled, with revisions later than theirs.
 */
final class KeyHistory {

  private static final @Nullable Version[] NONE = {};

  final String key;

  /** By revision; nulls at the end are room. */
  private volatile @Nullable Version[] versions = NONE;

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
    return at(Long.MAX_VALUE);
  }

  private @Nullable Version lastUpTo(long revision) {
    @Nullable Version[] all = versions;
    int count = upTo(all, revision);
    return count == 0 ? null : all[count - 1];
  }

  /** How many of the versions are of this revision or earlier ones. */
  private static int upTo(@Nullable Version[] all, long revision) {
    int low = 0;
    int high = all.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      Version v = all[middle];
      if (v != null && v.modRevision <= revision) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static int count(@Nullable Version[] all) {
    return upTo(all, Long.MAX_VALUE);
  }

  /** Makes room by halves: a key that is written thousands of times is not copied as often. */
  synchronized void append(Version version) {
    @Nullable Version[] all = versions;
    int count = count(all);
    if (count == all.length) {
      all = Arrays.copyOf(all, count + 1 + count / 2);
    }
    all[count] = version;
    versions = all;
  }

  /** Takes back what {@link #append} did at this revision. */
  synchronized void undo(long revision) {
    @Nullable Version[] all = versions;
    versions = Arrays.copyOf(all, upTo(all, revision - 1));
  }

  /**
   * Forgets what no read at {@code revision} or later can see.
   *
   * @return whether nothing is left
   */
  synchronized boolean compact(long revision) {
    @Nullable Version[] all = versions;
    int gone = upTo(all, revision);
    Version last = gone == 0 ? null : all[gone - 1];
    if (last != null && !last.isDeletion()) {
      gone--;
    }
    if (gone > 0) {
      versions = Arrays.copyOfRange(all, gone, count(all));
    }
    return isEmpty();
  }

  synchronized void move(long revision, DataFile file, long offset) {
    @Nullable Version[] all = versions;
    int at = upTo(all, revision) - 1;
    Version v = at < 0 ? null : all[at];
    if (v != null && v.modRevision == revision) {
      @Nullable Version[] copy = all.clone();
      copy[at] = v.movedTo(file, offset);
      versions = copy;
    }
  }

  boolean isEmpty() {
    @Nullable Version[] all = versions;
    return all.length == 0 || all[0] == null;
  }
}
