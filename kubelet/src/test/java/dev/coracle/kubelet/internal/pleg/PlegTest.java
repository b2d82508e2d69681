package dev.coracle.kubelet.internal.pleg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.cri.v1.PodSandboxConfig;
import dev.coracle.cri.v1.PodSandboxMetadata;
import dev.coracle.kubelet.fake.FakeRuntime;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.runtime.Labels;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.CriException.Code;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PlegTest {
  private final Timers timers = new Timers("pleg", Clock.systemUTC());
  private final FakeRuntime runtime = new FakeRuntime();
  private final Set<String> changed = ConcurrentHashMap.newKeySet();
  private final Pleg pleg =
      new Pleg(
          runtime,
          new RuntimeCache(runtime, "192.0.2.1", Clock.systemUTC()),
          timers,
          new KubeletMetrics(new SimpleMeterRegistry(), "node"),
          changed::add,
          () -> {});

  @AfterEach
  void stop() {
    pleg.close();
    timers.close();
  }

  private void runPod(String uid) {
    runtime.runPodSandbox(
        PodSandboxConfig.newBuilder()
            .setMetadata(PodSandboxMetadata.newBuilder().setName(uid).setUid(uid))
            .putLabels(Labels.POD_UID, uid)
            .build(),
        "");
  }

  @Test
  void hearsOfPodsFromTheRuntimesEvents() {
    pleg.start();
    assertThat(pleg.isEvented()).isTrue();
    runPod("a");
    await().until(() -> changed.contains("a"));
  }

  /**
   * CRI-O does without {@code enable_pod_events}; asked for ever, it would be listed all the time.
   */
  @Test
  void asksNoMoreForEventsWhereEachStreamEndsAtOnce() {
    runtime.endingStreams(true);
    pleg.start();
    await().until(() -> runtime.streamsAsked() == 5 && !pleg.isEvented());
    runPod("a");
    await().until(() -> changed.contains("a"));
    assertThat(runtime.streamsAsked()).isEqualTo(5);
  }

  @Test
  void asksForEventsAgainWhenTheRuntimeIsThereAgain() {
    runtime.endingStreams(true);
    pleg.start();
    await().until(() -> runtime.streamsAsked() == 5 && !pleg.isEvented());
    runtime.failing(_ -> Optional.of(new CriException(Code.UNAVAILABLE, "connection refused")));
    pleg.relistNow();
    assertThat(pleg.problem()).isPresent();
    runtime.endingStreams(false);
    runtime.failing(_ -> Optional.empty());
    await().until(pleg::isEvented);
    runPod("a");
    await().until(() -> changed.contains("a"));
  }

  @Test
  void relistsEverySecondWhereTheRuntimeSaysBeforeTheCallReturnsThatItHasNoEvents() {
    CountDownLatch after = new CountDownLatch(1);
    runtime.withoutEvents(() -> {
      timers.execute(after::countDown); // behind the end of the stream
      try {
        after.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    });
    pleg.start();
    await().until(() -> !pleg.isEvented());
    runPod("a");
    await().atMost(Duration.ofSeconds(20)).until(() -> changed.contains("a"));
  }
}
