package dev.coracle.kubelet.internal.eviction;

import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.pod.Pod;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;

/**
 * Tells of pods that the node ends by its own decision and that take longer for it than their
 * grace, half as long again and ten seconds at least, which is upstream's measure. Safe for any
 * thread, never waits.
 */
final class GraceWatch {
  private static final long LEAST_SECONDS = 10;

  private final PodEvents events;
  private final BiFunction<Duration, Runnable, Timers.Handle> timer;

  /**
   * @param timer runs something once after a while
   */
  GraceWatch(PodEvents events, BiFunction<Duration, Runnable, Timers.Handle> timer) {
    this.events = events;
    this.timer = timer;
  }

  /**
   * @param graceSeconds what the pod gets to end
   * @param ended completes when its containers have ended
   */
  void watch(Pod pod, long graceSeconds, CompletableFuture<Void> ended) {
    Duration limit = Duration.ofSeconds(Math.max(LEAST_SECONDS, graceSeconds + graceSeconds / 2));
    Timers.Handle late =
        timer.apply(
            limit,
            () ->
                events.warning(
                    pod,
                    "ExceededGracePeriod",
                    "Container runtime did not kill the pod within specified grace period."));
    ended.whenComplete((_, _) -> late.cancel());
  }
}
