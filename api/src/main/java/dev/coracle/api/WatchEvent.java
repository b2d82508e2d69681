package dev.coracle.api;

/**
 * One change of one object as a watcher sees it. A closed set: switch over it without a default.
 *
 * <p>The object of a {@link Deleted} carries the revision of the deletion as its resourceVersion
 * and otherwise its last state.
 */
public sealed interface WatchEvent {

  /** The object came to be, or came to match the watch's selectors. */
  record Added(KubeObject object) implements WatchEvent {}

  record Modified(KubeObject object) implements WatchEvent {}

  /** The object is gone, or no longer matches the watch's selectors. */
  record Deleted(KubeObject object) implements WatchEvent {}

  /**
   * Nothing changed up to this revision.
   *
   * @param initialEventsEnd that all initial events asked for by {@code sendInitialEvents} were
   *     sent (KEP-3157)
   */
  record Bookmark(String resourceVersion, boolean initialEventsEnd) implements WatchEvent {}

  /** The watch ends with this failure; {@code 410 Expired} means: list again. */
  record Failed(Status status) implements WatchEvent {}

  /** The word that stands on the wire. */
  default String type() {
    return switch (this) {
      case Added _ -> "ADDED";
      case Modified _ -> "MODIFIED";
      case Deleted _ -> "DELETED";
      case Bookmark _ -> "BOOKMARK";
      case Failed _ -> "ERROR";
    };
  }
}
