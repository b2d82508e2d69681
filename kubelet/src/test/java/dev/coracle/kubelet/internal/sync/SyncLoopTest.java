package dev.coracle.kubelet.internal.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.tracing.Tracing;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SyncLoopTest {

  @Test
  void tellsHowLongItHasBeenAtOneEvent() {
    CountDownLatch held = new CountDownLatch(1);
    try (Timers timers = new Timers("loop", Clock.systemUTC())) {
      SyncLoop loop = loop(timers, List.of(), _ -> waitFor(held));
      assertThat(loop.busyFor()).isZero();
      loop.start();
      loop.post(new SyncEvent.PodChanged(pod("a")));
      await().until(() -> loop.busyFor().compareTo(Duration.ofMillis(50)) > 0);
      held.countDown();
      await().until(() -> loop.busyFor().isZero());
      loop.stop();
    }
  }

  /** Who was here first keeps its place when a kubelet lets all pods in anew. */
  @Test
  void looksAtThePodsOfTheBeginningByTheirAge() {
    List<String> seen = new CopyOnWriteArrayList<>();
    try (Timers timers = new Timers("loop", Clock.systemUTC())) {
      SyncLoop loop =
          loop(
              timers,
              List.of(pod("young", 30), pod("old", 10), pod("b", 20), pod("a", 20)),
              p -> seen.add(p.name()));
      loop.start();
      loop.post(new SyncEvent.Listed());
      await().untilAsserted(() -> assertThat(seen).containsExactly("old", "a", "b", "young"));
      loop.stop();
    }
  }

  private static void waitFor(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static KubeObject pod(String name, int second) {
    return KubeObject.create(
        new GroupVersionKind("", "v1", "Pod"),
        "default",
        name,
        o ->
            o.withObject("/metadata")
                .put("uid", name)
                .put("creationTimestamp", "2026-01-01T00:00:" + second + "Z"));
  }

  private static KubeObject pod(String name) {
    return KubeObject.create(
        new GroupVersionKind("", "v1", "Pod"),
        "default",
        name,
        o -> o.withObject("/metadata").put("uid", name));
  }

  /** One that comes as far as what it keeps of a pod, and is held up there. */
  @SuppressWarnings("NullAway")
  private static SyncLoop loop(Timers timers, List<KubeObject> pods, Consumer<Pod> seen) {
    return new SyncLoop(
        null,
        Tracing.NONE,
        timers,
        pod -> {
          seen.accept(pod);
          throw new IllegalStateException("no more of this pod");
        },
        () -> pods,
        (_, _) -> CompletableFuture.completedFuture(null),
        _ -> {},
        _ -> Optional.empty(),
        _ -> {},
        _ -> {});
  }
}
