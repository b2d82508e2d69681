package dev.coracle.kubelet.internal.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.tracing.Tracing;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SyncLoopTest {

  @Test
  void tellsHowLongItHasBeenAtOneEvent() {
    CountDownLatch held = new CountDownLatch(1);
    try (Timers timers = new Timers("loop", Clock.systemUTC())) {
      SyncLoop loop = loop(timers, held);
      assertThat(loop.busyFor()).isZero();
      loop.start();
      loop.post(new SyncEvent.PodChanged(pod("a")));
      await().until(() -> loop.busyFor().compareTo(Duration.ofMillis(50)) > 0);
      held.countDown();
      await().until(() -> loop.busyFor().isZero());
      loop.stop();
    }
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
  private static SyncLoop loop(Timers timers, CountDownLatch held) {
    return new SyncLoop(
        null,
        Tracing.NONE,
        timers,
        pod -> {
          try {
            held.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          throw new IllegalStateException("no more of this pod");
        },
        List::of,
        _ -> {},
        _ -> {},
        _ -> Optional.empty(),
        _ -> {});
  }
}
