package dev.coracle.watchhub.internal.hub;

import org.jspecify.annotations.Nullable;

/**
 * The bounded history of a resource. One thread appends; any number read without locks. A reader
 * asks by sequence number and finds out when that one was overwritten.
 */
final class RevisionRing {

  /** What was before the oldest event that is kept, and that event's sequence. */
  private record Base(ResourceState state, long revision, long tail) {}

  /** So many events later nobody compares a version with the one before any more. */
  static final int COMPARED = 512;

  private final int maxEvents;
  private final long maxBytes;
  private final long keepNanos;
  private volatile @Nullable HubEvent[] slots = new HubEvent[16];
  private volatile long head = 1;
  private volatile Base base;
  private long bytes;

  RevisionRing(int maxEvents, long maxBytes, long keepNanos, ResourceState base, long revision) {
    this.maxEvents = maxEvents;
    this.maxBytes = maxBytes;
    this.keepNanos = keepNanos;
    this.base = new Base(base, revision, 1);
  }

  /** The sequence of the next event. */
  long head() {
    return head;
  }

  /** The oldest revision a watch can go on from. */
  long baseRevision() {
    return base.revision;
  }

  long bytes() {
    return bytes;
  }

  int size() {
    return (int) (head - base.tail);
  }

  void append(HubEvent event) {
    @Nullable HubEvent[] ring = slots;
    while (size() > 0 && mustDrop(event)) {
      dropOldest(ring);
    }
    if (size() == ring.length) {
      @Nullable HubEvent[] bigger = new HubEvent[ring.length * 2];
      for (long s = base.tail; s < head; s++) {
        bigger[(int) (s & bigger.length - 1)] = ring[(int) (s & ring.length - 1)];
      }
      slots = ring = bigger;
    }
    ring[(int) (event.sequence & ring.length - 1)] = event;
    bytes += event.size();
    head = event.sequence + 1;
    HubEvent older = at(event.sequence - COMPARED);
    if (older != null) {
      older.forgetParsed();
    }
  }

  private boolean mustDrop(HubEvent event) {
    HubEvent oldest = slots[(int) (base.tail & slots.length - 1)];
    return size() >= maxEvents
        || bytes + event.size() > maxBytes
        || oldest != null && event.time - oldest.time > keepNanos;
  }

  private void dropOldest(@Nullable HubEvent[] ring) {
    Base before = base;
    int at = (int) (before.tail & ring.length - 1);
    HubEvent oldest = java.util.Objects.requireNonNull(ring[at]);
    bytes -= oldest.size();
    base = new Base(oldest.after, Math.max(before.revision, oldest.revision), before.tail + 1);
    ring[at] = null;
  }

  /** The event of this sequence; null when it was dropped or has not come yet. */
  @Nullable HubEvent at(long sequence) {
    if (sequence < base.tail || sequence >= head) {
      return null;
    }
    @Nullable HubEvent[] ring = slots;
    HubEvent event = ring[(int) (sequence & ring.length - 1)];
    return event != null && event.sequence == sequence ? event : null;
  }

  /** Whether the events from this sequence on are all here. */
  boolean holds(long sequence) {
    return sequence >= base.tail;
  }

  /** The sequence of the first event after a revision, or -1 when it may have been dropped. */
  long firstAfter(long revision) {
    while (true) {
      Base b = base;
      if (revision < b.revision) {
        return -1;
      }
      long low = b.tail;
      long high = head;
      boolean dropped = false;
      while (low < high && !dropped) {
        long middle = (low + high) >>> 1;
        HubEvent event = at(middle);
        if (event == null) {
          dropped = true;
        } else if (event.revision <= revision) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      if (!dropped) {
        return low;
      }
    }
  }

  /** The resource as it was at a revision; null when that is no longer known. */
  @Nullable ResourceState stateAt(long revision) {
    while (true) {
      Base b = base;
      long next = firstAfter(revision);
      if (next < 0) {
        return null;
      }
      if (next == b.tail) {
        return b.state;
      }
      HubEvent last = at(next - 1);
      if (last != null) {
        return last.after;
      }
    }
  }
}
