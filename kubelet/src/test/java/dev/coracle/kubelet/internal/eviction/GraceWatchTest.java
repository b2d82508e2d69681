package dev.coracle.kubelet.internal.eviction;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.internal.pod.Pod;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class GraceWatchTest {
  private static final Pod POD =
      new Pod(
          KubeObject.parse(
              """
              {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"d","uid":"u"},
               "spec":{"containers":[]}}
              """));

  private final List<Duration> limits = new ArrayList<>();
  private final List<Runnable> timers = new ArrayList<>();
  private final List<String> told = new ArrayList<>();
  private final GraceWatch watch =
      new GraceWatch(
          (pod, path, type, reason, message) ->
              told.add(pod.name() + " " + type + " " + reason + ": " + message),
          (limit, task) -> {
            limits.add(limit);
            timers.add(task);
            return () -> timers.remove(task);
          });

  @Test
  void halfAsLongAgainIsWaitedAndTenSecondsAtLeast() {
    for (long grace : new long[] {0, 1, 6, 7, 30, 31}) {
      watch.watch(POD, grace, new CompletableFuture<>());
    }
    assertThat(limits)
        .extracting(Duration::toSeconds)
        .containsExactly(10L, 10L, 10L, 10L, 45L, 46L);
  }

  @Test
  void whoTakesLongerIsToldOf() {
    watch.watch(POD, 1, new CompletableFuture<>());
    timers.getFirst().run();
    assertThat(told)
        .containsExactly(
            "p Warning ExceededGracePeriod: Container runtime did not kill the pod within"
                + " specified grace period.");
  }

  @Test
  void whoHasEndedIsNotWaitedForAnyMore() {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    watch.watch(POD, 1, ended);
    ended.complete(null);
    assertThat(timers).isEmpty();
  }
}
