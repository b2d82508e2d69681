package dev.coracle.watchhub.internal.hub;

import dev.coracle.api.KubeObject;
import dev.coracle.api.WatchEvent;
import org.jspecify.annotations.Nullable;

/**
 * One change of one object, shared by everybody: the events it appears as to watchers are made once
 * each, and so are their encodings.
 */
public final class HubEvent {

  /** The place in its resource's history: one more than that of the event before. */
  final long sequence;

  final long revision;
  final String key;
  final @Nullable StoredObject current;
  final @Nullable StoredObject previous;

  /** The resource after this change. */
  final ResourceState after;

  /** When it came, in nanoseconds of the hub's clock. */
  final long time;

  private volatile @Nullable WatchEvent put;
  private volatile @Nullable WatchEvent begins;
  private volatile @Nullable WatchEvent ends;

  HubEvent(
      long sequence,
      long revision,
      String key,
      @Nullable StoredObject current,
      @Nullable StoredObject previous,
      ResourceState after,
      long time) {
    this.sequence = sequence;
    this.revision = revision;
    this.key = key;
    this.current = current;
    this.previous = previous;
    this.after = after;
    this.time = time;
  }

  /** How it looks through a filter; null when it cannot be seen. */
  @Nullable WatchEvent seenBy(Filter filter, Selectable selectable) {
    boolean is = filter.matches(current, selectable);
    boolean was = filter.matches(previous, selectable);
    if (is) {
      return was ? modified() : added();
    }
    return was ? deleted() : null;
  }

  private WatchEvent modified() {
    WatchEvent event = put;
    if (event == null) {
      event = new WatchEvent.Modified(currentObject());
      put = event;
    }
    return event;
  }

  private WatchEvent added() {
    WatchEvent event = begins;
    if (event == null) {
      event = new WatchEvent.Added(currentObject());
      begins = event;
    }
    return event;
  }

  /** The last state with the revision of this change. */
  private WatchEvent deleted() {
    WatchEvent event = ends;
    if (event == null) {
      StoredObject last = java.util.Objects.requireNonNull(previous);
      byte[] json = JsonSplice.with(JsonSplice.without(last.object.json()), revision);
      event = new WatchEvent.Deleted(KubeObject.ofJson(json));
      ends = event;
    }
    return event;
  }

  /**
   * Keeps of the version that this change has ended only its encoding: history is for watchers that
   * lag, and is then sent as it is. Whoever still looks into it parses it again.
   */
  void forgetParsed() {
    if (previous != null) {
      previous.object.compact();
    }
  }

  private KubeObject currentObject() {
    return java.util.Objects.requireNonNull(current).object;
  }

  int size() {
    return (current == null ? 0 : current.size()) + (previous == null ? 0 : previous.size());
  }
}
