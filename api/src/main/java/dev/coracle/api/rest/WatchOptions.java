package dev.coracle.api.rest;

import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;

/**
 * How to watch (API concepts, "Efficient detection of changes"; KEP-3157 for initial events).
 *
 * @param resourceVersion where to begin, exclusive; empty or {@code 0}: the current state first, as
 *     synthetic ADDED events
 * @param timeoutSeconds zero for the server's choice
 */
public record WatchOptions(
    LabelSelector labels,
    FieldSelector fields,
    String resourceVersion,
    String resourceVersionMatch,
    boolean allowBookmarks,
    boolean sendInitialEvents,
    long timeoutSeconds) {

  public static WatchOptions from(String resourceVersion) {
    return new WatchOptions(
        LabelSelector.EVERYTHING, FieldSelector.EVERYTHING, resourceVersion, "", true, false, 0);
  }

  /** The same selectors, from the revision of a list. */
  public static WatchOptions after(ListOptions list, String resourceVersion) {
    return new WatchOptions(list.labels(), list.fields(), resourceVersion, "", true, false, 0);
  }
}
