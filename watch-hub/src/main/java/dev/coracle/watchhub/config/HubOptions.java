package dev.coracle.watchhub.config;

import java.time.Duration;

/**
 * How much the watch hub remembers.
 *
 * @param prefix the root of all keys, as {@code --etcd-prefix}
 * @param busAddress what the event bus addresses begin with; several hubs on one Vert.x need
 *     several
 * @param maxEvents at most so many events of history per resource
 * @param maxHistoryBytes at most so many encoded bytes of history per resource
 * @param retention older events are dropped when new ones come
 * @param bookmarkEvery how often a watcher that allows bookmarks gets one
 * @param freshTimeout how long a read waits for the cache to be fresh enough
 */
public record HubOptions(
    String prefix,
    String busAddress,
    int maxEvents,
    long maxHistoryBytes,
    Duration retention,
    Duration bookmarkEvery,
    Duration freshTimeout) {

  /** 16,384 events or 32 MiB or five minutes per resource, a bookmark a minute. */
  public static final HubOptions DEFAULTS =
      new HubOptions(
          "/registry",
          "coracle.watch",
          16_384,
          32L << 20,
          Duration.ofMinutes(5),
          Duration.ofMinutes(1),
          Duration.ofSeconds(3));

  public HubOptions withPrefix(String newPrefix) {
    return new HubOptions(
        newPrefix, busAddress, maxEvents, maxHistoryBytes, retention, bookmarkEvery, freshTimeout);
  }

  public HubOptions withBusAddress(String address) {
    return new HubOptions(
        prefix, address, maxEvents, maxHistoryBytes, retention, bookmarkEvery, freshTimeout);
  }

  public HubOptions withHistory(int events, long bytes) {
    return new HubOptions(
        prefix, busAddress, events, bytes, retention, bookmarkEvery, freshTimeout);
  }

  public HubOptions withBookmarkEvery(Duration every) {
    return new HubOptions(
        prefix, busAddress, maxEvents, maxHistoryBytes, retention, every, freshTimeout);
  }
}
