package dev.coracle.kubelet;

import static dev.coracle.kubelet.NodeAsConfiguredTest.configuration;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Json;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.Patch;
import dev.coracle.cri.v1.LinuxContainerConfig;
import dev.coracle.cri.v1.SecurityProfile.ProfileType;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.internal.node.SwapSpace;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What pods are given is what the node's KubeletConfiguration says. */
class PodsAsConfiguredTest {
  private KubeletHarness k;

  private void start(String fields, UnaryOperator<Surroundings> machine) throws Exception {
    KubeletConfiguration chosen = configuration(fields);
    k =
        KubeletHarness.on(
            o ->
                o.withRestartBackOff(Duration.ofSeconds(10), Duration.ofMinutes(5))
                    .withConfiguration(chosen),
            machine);
  }

  private void start(String fields) throws Exception {
    start(fields, around -> around);
  }

  @AfterEach
  void stop() throws Exception {
    k.close();
  }

  private LinuxContainerConfig running(String name, String more) {
    k.simple(name, more);
    k.awaitPhase(name, "Running");
    return k.runtime.config(name).orElseThrow().getLinux();
  }

  @Test
  void imagesAreNotPulledFasterThanAsked() throws Exception {
    KubeletConfiguration chosen = configuration("\"registryPullQPS\":1,\"registryBurst\":1");
    k = KubeletHarness.on(o -> o.withConfiguration(chosen), around -> around);
    k.create(
        "two",
        """
        "containers":[{"name":"a","image":"far:1","imagePullPolicy":"Always"},
          {"name":"b","image":"far:2","imagePullPolicy":"Always"}]
        """);
    k.eventually(() ->
        assertThat(k.events())
            .contains("Failed: Failed to pull image \"far:2\": pull QPS exceeded")
            .contains("Failed: Error: ErrImagePull"));
    k.awaitPhase("two", "Running");
  }

  @Test
  void whoNamesNoSeccompProfileHasTheRuntimes() throws Exception {
    start("\"seccompDefault\":true");
    assertThat(running("plain", "").getSecurityContext().getSeccomp().getProfileType())
        .isEqualTo(ProfileType.RuntimeDefault);
    String free = ",\"securityContext\":{\"seccompProfile\":{\"type\":\"Unconfined\"}}";
    assertThat(running("free", free).getSecurityContext().getSeccomp().getProfileType())
        .isEqualTo(ProfileType.Unconfined);
  }

  @Test
  void cpuIsNotHeldToQuotasWhereNoneAreEnforced() throws Exception {
    start("\"cpuCFSQuota\":false");
    String limited = ",\"resources\":{\"limits\":{\"cpu\":\"500m\"}}";
    assertThat(running("c", limited).getResources().getCpuQuota()).isZero();
    assertThat(k.container("c").path("resources").path("limits").path("cpu").asText())
        .as("what it is told to have")
        .isEqualTo("500m");
  }

  @Test
  void quotasAreOfThePeriodThatIsChosen() throws Exception {
    start("\"cpuCFSQuotaPeriod\":\"10ms\",\"featureGates\":{\"CustomCPUCFSQuotaPeriod\":true}");
    var given = running("c", ",\"resources\":{\"limits\":{\"cpu\":\"500m\"}}").getResources();
    assertThat(given.getCpuPeriod()).isEqualTo(10_000);
    assertThat(given.getCpuQuota()).isEqualTo(5_000);
  }

  @Test
  void burstablePodsSwapByTheirShare(@TempDir Path described) throws Exception {
    MadeUpMachine machine = MadeUpMachine.of(described, 1);
    start(
        "\"memorySwap\":{\"swapBehavior\":\"LimitedSwap\"}",
        around -> machine.in(around).withSwap(new SwapSpace(1L << 30, true)));
    assertThat(
            running(
                    "c",
                    ",\"resources\":{\"requests\":{\"memory\":\"%d\"}}"
                        .formatted(MadeUpMachine.NODE_BYTES / 4))
                .getResources()
                .getUnifiedMap())
        .containsEntry("memory.swap.max", Long.toString(1L << 28));
  }

  @Test
  void whatAContainerSwapsDoesNotFollowAResize(@TempDir Path described) throws Exception {
    MadeUpMachine machine = MadeUpMachine.of(described, 1);
    start(
        "\"memorySwap\":{\"swapBehavior\":\"LimitedSwap\"}",
        around -> machine.in(around).withSwap(new SwapSpace(1L << 30, true)));
    running("c", ",\"resources\":{\"requests\":{\"memory\":\"64Mi\"}}");
    k.api
        .patch(
            Resources.PODS,
            "default",
            "c",
            Patch.merge(n ->
                n.putObject("spec")
                    .set(
                        "containers",
                        Json.parse(
                            """
                            [{"name":"c","image":"busybox:1",
                              "resources":{"requests":{"memory":"96Mi"}}}]
                            """))))
        .await()
        .indefinitely();
    k.eventually(() ->
        assertThat(k.pod("c").at("status", "conditions"))
            .anySatisfy(condition -> {
              assertThat(condition.path("type").asText()).isEqualTo("PodResizePending");
              assertThat(condition.path("reason").asText()).isEqualTo("Infeasible");
              assertThat(condition.path("message").asText())
                  .isEqualTo("In-place resize of containers with swap is not supported.");
            }));
    assertThat(
            k.meters()
                .get("kubelet_pod_infeasible_resizes_total")
                .tag("reason_detail", "swap_limitation")
                .counter()
                .count())
        .isOne();
  }

  @Test
  void aContainerThatEndsAgainAndAgainWaitsNoLongerThanThat() throws Exception {
    start("\"crashLoopBackOff\":{\"maxContainerRestartPeriod\":\"1s\"}");
    k.simple("crash", "");
    k.awaitPhase("crash", "Running");
    for (int restarts = 1; restarts <= 3; restarts++) {
      int count = restarts;
      k.runtime.exit("crash", 1);
      k.eventually(() -> {
        assertThat(k.container("crash").path("restartCount").asInt()).isEqualTo(count);
        assertThat(k.runtime.running("crash")).isPresent();
      });
    }
    k.runtime.exit("crash", 1);
    k.eventually(() ->
        assertThat(k.container("crash").path("state").path("waiting").path("message").asText())
            .startsWith("back-off 1s restarting failed container=crash"));
  }

  @Test
  void itWaitsLessWhereTheReducedDecayIsChosen() throws Exception {
    start("\"featureGates\":{\"ReduceDefaultCrashLoopBackOffDecay\":true}");
    k.simple("crash", "");
    k.awaitPhase("crash", "Running");
    k.runtime.exit("crash", 1);
    k.eventually(() -> {
      assertThat(k.container("crash").path("restartCount").asInt()).isEqualTo(1);
      assertThat(k.runtime.running("crash")).isPresent();
    });
    k.runtime.exit("crash", 1);
    k.eventually(() ->
        assertThat(k.container("crash").path("state").path("waiting").path("message").asText())
            .startsWith("back-off 1s restarting failed container=crash"));
  }

  /** Two images that are asked for at once, from a registry that does not answer. */
  private boolean comeSideBySide(String fields) throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    CountDownLatch both = new CountDownLatch(2);
    start(fields);
    k.runtime.failing(call -> {
      if (call.startsWith("pullImage")) {
        both.countDown();
        try {
          answer.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      return Optional.empty();
    });
    try {
      for (String name : new String[] {"a", "b"}) {
        k.create(
            name, "\"containers\":[{\"name\":\"%s\",\"image\":\"%s:1\"}]".formatted(name, name));
      }
      k.eventually(
          () -> assertThat(k.events()).filteredOn(e -> e.startsWith("Pulling: ")).hasSize(2));
      return both.await(1, TimeUnit.SECONDS);
    } finally {
      answer.countDown();
      k.awaitPhase("a", "Running");
      k.awaitPhase("b", "Running");
    }
  }

  @Test
  void imagesAreGotOneByOne() throws Exception {
    assertThat(comeSideBySide("\"serializeImagePulls\":true")).isFalse();
  }

  @Test
  void orSeveralAtOnce() throws Exception {
    assertThat(comeSideBySide("\"maxParallelImagePulls\":2")).isTrue();
  }

  @Test
  void orAsManyAsAreWanted() throws Exception {
    assertThat(comeSideBySide("\"serializeImagePulls\":false")).isTrue();
  }

  @Test
  void aPodIsLookedAtThoughNothingIsHeardOfIt() throws Exception {
    start("\"syncFrequency\":\"50ms\"");
    k.simple("c", "");
    k.awaitPhase("c", "Running");
    k.runtime.exitUnheard("c", 1);
    k.eventually(() -> assertThat(k.container("c").path("restartCount").asInt()).isEqualTo(1));
  }

  @Test
  void imagesThatNobodyHasUsedForLongAreRemoved() throws Exception {
    start("\"imageMinimumGCAge\":\"1ns\",\"imageMaximumGCAge\":\"300ms\"");
    k.runtime.image("unused:1");
    running("c", "");
    k.eventually(() -> {
      k.kubelet().lookForPressure();
      assertThat(k.runtime.calls()).contains("removeImage sha256:unused:1");
    });
    assertThat(k.runtime.calls()).doesNotContain("removeImage sha256:busybox:1");
  }
}
