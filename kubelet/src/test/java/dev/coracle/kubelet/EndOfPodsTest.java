package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.cri.v1.ContainerFilter;
import dev.coracle.cri.v1.PodSandboxConfig;
import dev.coracle.cri.v1.PodSandboxFilter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What becomes of pods when their kubelet ends. */
class EndOfPodsTest {

  @Test
  void nothingOfItsPodsStaysInTheRuntime() throws Exception {
    try (KubeletHarness k = new KubeletHarness()) {
      k.simple("one", "");
      k.simple("two", "");
      k.awaitPhase("one", "Running");
      k.awaitPhase("two", "Running");
      String others = k.runtime.runPodSandbox(PodSandboxConfig.getDefaultInstance(), "");
      k.kubelet().stop().toCompletableFuture().get(10, TimeUnit.SECONDS);
      assertThat(k.runtime.listPodSandboxes(PodSandboxFilter.getDefaultInstance()))
          .extracting(s -> s.getId())
          .containsExactly(others);
      assertThat(k.runtime.listContainers(ContainerFilter.getDefaultInstance())).isEmpty();
      assertThat(k.pod("one").text("status", "phase")).isEqualTo("Running");
    }
  }

  @Test
  void theyGoOnWhenTheyAreToBeKept() throws Exception {
    try (KubeletHarness k = new KubeletHarness()) {
      k.simple("kept", "");
      k.awaitPhase("kept", "Running");
      k.kubelet().stop(true).toCompletableFuture().get(10, TimeUnit.SECONDS);
      assertThat(k.runtime.listContainers(ContainerFilter.getDefaultInstance())).hasSize(1);
    }
  }

  @Test
  void aPodThatIsJustBeingStartedIsEndedToo() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (KubeletHarness k = new KubeletHarness()) {
      k.runtime.failing(call -> {
        if (call.equals("runPodSandbox slow")) {
          entered.countDown();
          await(go);
        }
        return Optional.empty();
      });
      k.simple("slow", "");
      assertThat(entered.await(10, TimeUnit.SECONDS)).isTrue();
      CompletableFuture<Void> stop = k.kubelet().stop().toCompletableFuture();
      Awaitility.await().during(Duration.ofMillis(300)).until(() -> !stop.isDone());
      go.countDown();
      stop.get(10, TimeUnit.SECONDS);
      assertThat(k.runtime.listPodSandboxes(PodSandboxFilter.getDefaultInstance())).isEmpty();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
