package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Resources;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Critical pods on a node that is full of others. */
class CriticalPodTest {
  private KubeletHarness k;

  @BeforeEach
  void start() throws Exception {
    k = new KubeletHarness();
  }

  @AfterEach
  void stop() throws Exception {
    k.close();
  }

  private long cpus() {
    return k.api
        .get(Resources.NODES, "", "n1")
        .await()
        .indefinitely()
        .at("status", "allocatable", "cpu")
        .asLong();
  }

  private static String asks(long millis) {
    return ",\"resources\":{\"requests\":" + amounts(millis) + "}";
  }

  private static String amounts(long millis) {
    return "{\"cpu\":\"" + millis + "m\",\"memory\":\"1Mi\"}";
  }

  private void critical(String name, long millis) {
    k.create(
        name,
        "\"priority\":2000000000,\"containers\":[{\"name\":\""
            + name
            + "\",\"image\":\"busybox:1\""
            + asks(millis)
            + "}]");
  }

  @Test
  void othersEndForACriticalPod() {
    long all = cpus() * 1000;
    String both = amounts(all / 4);
    k.simple("guaranteed", ",\"resources\":{\"requests\":" + both + ",\"limits\":" + both + "}");
    k.simple("burstable", asks(all / 2));
    k.simple("small", asks(all / 8));
    k.simple("effort", "");
    for (String pod : new String[] {"guaranteed", "burstable", "small", "effort"}) {
      k.awaitPhase(pod, "Running");
    }
    critical("critical", all / 2);
    k.awaitPhase("critical", "Running");
    k.awaitPhase("burstable", "Failed");
    // An eighth is free; of three quarters in use it takes the nearest to what is missing.
    JsonNode status = k.pod("burstable").at("status");
    assertThat(status.path("reason").asText()).isEqualTo("Preempting");
    assertThat(status.path("message").asText())
        .isEqualTo("Preempted in order to admit critical pod");
    assertThat(status.path("conditions"))
        .anySatisfy(c -> {
          assertThat(c.path("type").asText()).isEqualTo("DisruptionTarget");
          assertThat(c.path("reason").asText()).isEqualTo("TerminationByKubelet");
          assertThat(c.path("message").asText())
              .isEqualTo("Pod was preempted by Kubelet to accommodate a critical pod.");
        });
    for (String pod : new String[] {"guaranteed", "small", "effort"}) {
      assertThat(k.pod(pod).text("status", "phase")).as(pod).isEqualTo("Running");
    }
    k.eventually(() ->
        assertThat(k.events()).contains("Preempting: Preempted in order to admit critical pod"));
    assertThat(
            k.meters().get("kubelet_preemptions").tag("preemption_signal", "cpu").counter().count())
        .isEqualTo(1);
  }

  @Test
  void itBeginsWhenTheyHaveEnded() {
    long all = cpus() * 1000;
    k.simple("full", asks(all));
    k.awaitPhase("full", "Running");
    critical("critical", all);
    k.awaitPhase("critical", "Running");
    int stopped = k.runtime.calls().indexOf("stopContainer full 5");
    assertThat(stopped).isNotNegative();
    assertThat(k.runtime.calls().subList(0, stopped))
        .filteredOn(c -> c.startsWith("runPodSandbox"))
        .hasSize(1);
  }

  @Test
  void whatEndsForOneIsWaitedForByTheNextAndToldOnce() {
    long all = cpus() * 1000;
    k.simple("full", asks(all));
    k.awaitPhase("full", "Running");
    CountDownLatch hold = new CountDownLatch(1);
    k.runtime.failing(call -> {
      if (call.startsWith("stopContainer full")) {
        try {
          hold.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      return Optional.empty();
    });
    critical("first", all / 2);
    k.eventually(() -> assertThat(k.runtime.calls()).contains("stopContainer full 5"));
    critical("second", all / 2);
    k.eventually(() -> assertThat(k.pod("second").at("status", "conditions")).isNotEmpty());
    hold.countDown();
    k.awaitPhase("first", "Running");
    k.awaitPhase("second", "Running");
    assertThat(
            k.meters().get("kubelet_preemptions").tag("preemption_signal", "cpu").counter().count())
        .isEqualTo(1);
    k.eventually(
        () -> assertThat(k.events()).filteredOn(e -> e.startsWith("Preempting")).hasSize(1));
  }

  @Test
  void withoutEnoughOthersItIsRefused() {
    long all = cpus() * 1000;
    k.simple("other", asks(all / 2));
    k.awaitPhase("other", "Running");
    critical("critical", all * 2);
    k.awaitPhase("critical", "Failed");
    assertThat(k.pod("critical").text("status", "reason")).isEqualTo("UnexpectedAdmissionError");
    assertThat(k.pod("critical").text("status", "message"))
        .isEqualTo(
            "Pod was rejected: Unexpected error while attempting to recover from admission"
                + " failure: preemption: error finding a set of pods to preempt: no set of running"
                + " pods found to reclaim resources: [(res: cpu, q: "
                + all
                + "), ]");
    assertThat(k.pod("other").text("status", "phase")).isEqualTo("Running");
  }
}
