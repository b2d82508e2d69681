package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a watch shows, and in which order. */
@Conformance
class WatchersIT {

  private static final String MAP =
      "{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, labels: {watch-this: %s}}}";

  private static Watcher watch(Space space, String label, String version) {
    return space.watch(
        "configmaps",
        "&labelSelector=watch-this%3D"
            + label
            + (version.isEmpty() ? "" : "&resourceVersion=" + version));
  }

  private static String mutate(Space space, String name, int value) {
    return text(
        space.edit("configmaps", name, m -> m.putObject("data").put("mutation", "" + value)),
        "/metadata/resourceVersion");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Watchers should observe add, update, and delete watch notifications on"
          + " configmaps [Conformance]")
  void notifications(Space space) {
    try (Watcher a = watch(space, "a", "");
        Watcher b = watch(space, "b", "");
        Watcher both =
            space.watch("configmaps", "&labelSelector=" + Space.encode("watch-this in (a, b)"))) {
      space.create(MAP.formatted("map-a", "a"));
      a.expect("ADDED", "map-a");
      both.expect("ADDED", "map-a");
      mutate(space, "map-a", 1);
      assertThat(text(a.expect("MODIFIED", "map-a"), "/object/data/mutation")).isEqualTo("1");
      both.expect("MODIFIED", "map-a");
      mutate(space, "map-a", 2);
      assertThat(text(a.expect("MODIFIED", "map-a"), "/object/data/mutation")).isEqualTo("2");
      both.expect("MODIFIED", "map-a");
      space.delete("configmaps", "map-a");
      a.expect("DELETED", "map-a");
      both.expect("DELETED", "map-a");
      space.create(MAP.formatted("map-b", "b"));
      b.expect("ADDED", "map-b");
      both.expect("ADDED", "map-b");
      space.delete("configmaps", "map-b");
      b.expect("DELETED", "map-b");
      both.expect("DELETED", "map-b");
      // Of what happened to the other one nothing was seen: this is next.
      space.create(MAP.formatted("last-a", "a"));
      a.expect("ADDED", "last-a");
      both.expect("ADDED", "last-a");
      space.create(MAP.formatted("last-b", "b"));
      b.expect("ADDED", "last-b");
    }
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Watchers should be able to start watching from a specific resource"
          + " version [Conformance]")
  void fromVersion(Space space) {
    space.create(MAP.formatted("map", "x"));
    String first = mutate(space, "map", 1);
    mutate(space, "map", 2);
    space.delete("configmaps", "map");
    try (Watcher watcher = watch(space, "x", first)) {
      assertThat(text(watcher.expect("MODIFIED", "map"), "/object/data/mutation")).isEqualTo("2");
      watcher.expect("DELETED", "map");
    }
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Watchers should be able to restart watching from the last resource"
          + " version observed by the previous watch [Conformance]")
  void restart(Space space) {
    String last;
    try (Watcher watcher = watch(space, "x", "")) {
      space.create(MAP.formatted("map", "x"));
      watcher.expect("ADDED", "map");
      mutate(space, "map", 1);
      last = text(watcher.expect("MODIFIED", "map"), "/object/metadata/resourceVersion");
    }
    mutate(space, "map", 2);
    try (Watcher watcher = watch(space, "x", last)) {
      space.delete("configmaps", "map");
      assertThat(text(watcher.expect("MODIFIED", "map"), "/object/data/mutation")).isEqualTo("2");
      watcher.expect("DELETED", "map");
    }
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Watchers should observe an object deletion if it stops meeting the"
          + " requirements of the selector [Conformance]")
  void selector(Space space) {
    try (Watcher watcher = watch(space, "x", "")) {
      space.create(MAP.formatted("map", "x"));
      watcher.expect("ADDED", "map");
      mutate(space, "map", 1);
      watcher.expect("MODIFIED", "map");
      space.merge("configmaps", "map", "{metadata: {labels: {watch-this: wrong}}}");
      watcher.expect("DELETED", "map");
      mutate(space, "map", 2);
      space.merge("configmaps", "map", "{metadata: {labels: {watch-this: x}}}");
      assertThat(text(watcher.expect("ADDED", "map"), "/object/data/mutation")).isEqualTo("2");
      mutate(space, "map", 3);
      watcher.expect("MODIFIED", "map");
      space.delete("configmaps", "map");
      watcher.expect("DELETED", "map");
    }
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Watchers should receive events on concurrent watches in same order"
          + " [Conformance]")
  void sameOrder(Space space) throws Exception {
    int changes = 60;
    String before =
        text(space.api().get(space.path("configmaps")).ok(), "/metadata/resourceVersion");
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Watcher first = watch(space, "x", before)) {
      Future<?> writer = threads.submit(() -> write(space, changes));
      List<String> order = new ArrayList<>();
      List<Future<List<String>>> others = new ArrayList<>();
      for (int i = 0; i < changes; i++) {
        String version = text(first.next(), "/object/metadata/resourceVersion");
        int rest = changes - 1 - i;
        order.add(version);
        others.add(threads.submit(() -> versions(space, version, rest)));
      }
      writer.get();
      assertThat(order).doesNotHaveDuplicates();
      for (int i = 0; i < changes; i++) {
        assertThat(others.get(i).get()).isEqualTo(order.subList(i + 1, changes));
      }
    }
  }

  /** Creates, changes and deletes, in an order that differs each time. */
  private static void write(Space space, int changes) {
    SplittableRandom random = new SplittableRandom();
    List<String> existing = new ArrayList<>();
    for (int i = 0; i < changes; i++) {
      int what = existing.isEmpty() ? 0 : random.nextInt(3);
      if (what == 0) {
        space.create(MAP.formatted("map-" + i, "x"));
        existing.add("map-" + i);
      } else {
        int which = random.nextInt(existing.size());
        if (what == 1) {
          mutate(space, existing.get(which), i);
        } else {
          space.delete("configmaps", existing.remove(which));
        }
      }
    }
  }

  private static List<String> versions(Space space, String from, int count) {
    List<String> out = new ArrayList<>();
    try (Watcher watcher = watch(space, "x", from)) {
      while (out.size() < count) {
        out.add(text(watcher.next(), "/object/metadata/resourceVersion"));
      }
    }
    return out;
  }
}
