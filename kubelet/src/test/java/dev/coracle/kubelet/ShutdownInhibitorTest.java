package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Resources;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.config.ShutdownOptions;
import dev.coracle.kubelet.internal.shutdown.ShutdownInhibitor;
import dev.coracle.kubelet.real.RealLogind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A shutdown of the machine by a real systemd-logind (KEP-2000). */
class ShutdownInhibitorTest {
  private static final String LOCK = "shutdown kubelet delay";

  private RealLogind logind;
  private KubeletHarness k;

  @BeforeEach
  void logind(@TempDir Path dir) throws Exception {
    logind = new RealLogind(dir);
  }

  @AfterEach
  void stop() throws Exception {
    if (k != null) {
      k.close();
    }
    if (logind != null) {
      logind.close();
    }
  }

  private void kubelet(int seconds) throws Exception {
    k =
        KubeletHarness.withLogind(
            o ->
                o.withConfiguration(
                    KubeletConfiguration.DEFAULT.withShutdown(
                        ShutdownOptions.of(Duration.ofSeconds(seconds), Duration.ZERO))),
            new ShutdownInhibitor.Config(logind.bus(), logind.overrides()));
  }

  private static void eventually(ThrowingRunnable check) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(10))
        .ignoreExceptions()
        .untilAsserted(check);
  }

  private void awaitLock() {
    eventually(() -> assertThat(logind.inhibitors()).containsExactly(LOCK));
  }

  private String ready() {
    for (var c :
        k.api.get(Resources.NODES, "", "n1").await().indefinitely().at("status", "conditions")) {
      if (c.path("type").asText().equals("Ready")) {
        return c.path("status").asText();
      }
    }
    return "";
  }

  @Test
  void theMachineGoesWhenThePodsHaveEnded() throws Exception {
    kubelet(4);
    k.simple("web", "");
    k.awaitPhase("web", "Running");
    awaitLock();
    CompletableFuture<Boolean> running = new CompletableFuture<>();
    String unit =
        logind
            .powerOff(() -> running.complete(k.runtime.running("web").isPresent()))
            .get(60, TimeUnit.SECONDS);
    assertThat(unit).isEqualTo("poweroff.target");
    assertThat(running.join()).as("the pod runs when the machine goes").isFalse();
    assertThat(k.pod("web").text("status", "reason")).isEqualTo("Terminated");
    assertThat(ready()).isEqualTo("False");
    assertThat(logind.inhibitors()).isEmpty();
    // The end of the process, which comes next, finds that there is nothing left to do.
    k.kubelet().shutDown().toCompletableFuture().get(10, TimeUnit.SECONDS);
    assertThat(k.runtime.calls()).filteredOn(c -> c.startsWith("stopContainer")).hasSize(1);
  }

  @Test
  void aShutdownThatIsCalledOffLeavesTheNodeAsItWas() throws Exception {
    kubelet(2);
    awaitLock();
    logind.powerOff(() -> {}).get(60, TimeUnit.SECONDS);
    k.simple("late", "");
    k.awaitPhase("late", "Failed");
    logind.callOff();
    awaitLock();
    eventually(() -> assertThat(ready()).isEqualTo("True"));
    eventually(() ->
        assertThat(k.events())
            .contains("Shutdown: Shutdown manager detected shutdown cancellation"));
    k.simple("next", "");
    k.awaitPhase("next", "Running");
    logind.powerOff(() -> {}).get(60, TimeUnit.SECONDS);
    assertThat(k.pod("next").text("status", "reason")).isEqualTo("Terminated");
  }

  @Test
  void logindIsToldToWaitAsLongAsThePodsNeed() throws Exception {
    kubelet(9);
    awaitLock();
    assertThat(logind.overrides().resolve("99-kubelet.conf"))
        .content()
        .contains("[Login]\nInhibitDelayMaxSec=9\n");
  }

  @Test
  void theLockIsTakenAgainWhenTheBusWasAway() throws Exception {
    kubelet(2);
    awaitLock();
    logind.close();
    logind.start();
    awaitLock();
    logind.powerOff(() -> {}).get(60, TimeUnit.SECONDS);
  }

  @Test
  void withTheKubeletTheLockGoes() throws Exception {
    kubelet(2);
    awaitLock();
    k.stopKubelet();
    eventually(() -> assertThat(logind.inhibitors()).isEmpty());
  }
}
