package dev.coracle.api;

import java.util.List;

/**
 * One page of a collection, or the whole of it.
 *
 * @param resourceVersion the revision the page was read at; a watch from here misses nothing
 * @param continueToken opaque, empty on the last page
 * @param remaining how many objects follow, or -1 where that was not counted
 */
public record KubeList(
    String resourceVersion, String continueToken, long remaining, List<KubeObject> items) {

  public KubeList {
    items = List.copyOf(items);
  }

  public static KubeList of(String resourceVersion, List<KubeObject> items) {
    return new KubeList(resourceVersion, "", -1, items);
  }
}
