package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.CriException.Code;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A runtime that is away, and pods that this node does not take. */
class PodTroubleTest {
  private KubeletHarness k;

  @BeforeEach
  void start() throws Exception {
    k = new KubeletHarness();
  }

  @AfterEach
  void stop() throws Exception {
    k.close();
  }

  private long attempts(String command) {
    return k.runtime.calls().stream().filter(c -> c.equals("exec " + command)).count();
  }

  @Test
  void aProbeThatCannotBeMadeSaysNothingOfTheContainer() {
    AtomicBoolean away = new AtomicBoolean();
    k.runtime.failing(call ->
        away.get() && call.startsWith("exec")
            ? Optional.of(new CriException(Code.UNAVAILABLE, "connection refused"))
            : Optional.empty());
    k.simple(
        "probed",
        ",\"livenessProbe\":{\"exec\":{\"command\":[\"live\"]},\"periodSeconds\":1,\"failureThreshold\":1},"
            + "\"readinessProbe\":{\"exec\":{\"command\":[\"ready\"]},\"periodSeconds\":1,\"failureThreshold\":1}");
    k.eventually(() -> assertThat(k.condition("probed", "Ready")).isEqualTo("True"));
    k.eventually(() -> assertThat(attempts("live")).isPositive());
    away.set(true);
    long before = attempts("live");
    k.eventually(() -> assertThat(attempts("live")).isGreaterThan(before + 2));
    away.set(false);
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "Unhealthy: Liveness probe errored and resulted in unknown state:"
                    + " rpc error: code = Unavailable desc = connection refused",
                "Unhealthy: Readiness probe errored and resulted in unknown state:"
                    + " rpc error: code = Unavailable desc = connection refused"));
    assertThat(k.events()).noneMatch(e -> e.startsWith("Killing"));
    assertThat(k.condition("probed", "Ready")).isEqualTo("True");
    assertThat(k.container("probed").path("restartCount").asInt()).isZero();
  }

  @Test
  void aRefusedPodIsToldByAnEventToo() {
    k.simple("bystander", "");
    k.awaitPhase("bystander", "Running");
    k.simple("greedy", ",\"resources\":{\"requests\":{\"cpu\":\"100000\"}}");
    k.create(
        "elsewhere",
        "\"nodeSelector\":{\"no\":\"such\"},\"containers\":[{\"name\":\"c\",\"image\":\"busybox:1\"}]");
    for (String name : new String[] {"greedy", "elsewhere"}) {
      k.awaitPhase(name, "Failed");
      k.eventually(() ->
          assertThat(k.events())
              .contains(
                  k.pod(name).text("status", "reason")
                      + ": "
                      + k.pod(name).text("status", "message").replace("Pod was rejected: ", "")));
    }
    assertThat(k.pod("greedy").text("status", "reason")).isEqualTo("OutOfcpu");
    assertThat(k.pod("elsewhere").text("status", "message"))
        .isEqualTo(
            "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node"
                + " affinity/selector");
    assertThat(k.container("bystander").path("restartCount").asInt()).isZero();
  }
}
