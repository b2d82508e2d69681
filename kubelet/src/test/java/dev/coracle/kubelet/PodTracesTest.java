package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.tracing.Collector;
import io.opentelemetry.proto.trace.v1.Span;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a collector is told of the kubelet's work on pods (KEP-2831). */
class PodTracesTest {

  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @Test
  void theRuntimesCallsStandWithinTheSyncOfTheirPod() throws Exception {
    Collector collector = new Collector(vertx);
    KubeletConfiguration traced =
        NodeAsConfiguredTest.configuration(
            "\"tracing\":{\"endpoint\":\""
                + collector.endpoint()
                + "\",\"samplingRatePerMillion\":1000000}");
    try (KubeletHarness k = KubeletHarness.on(o -> o.withConfiguration(traced), around -> around)) {
      k.simple("traced", "");
      k.awaitPhase("traced", "Running");
    }
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> !collector.spans("runtime.v1.RuntimeService/StartContainer").isEmpty());
    Span start = collector.spans("runtime.v1.RuntimeService/StartContainer").getFirst();
    Span sync =
        collector.spans("syncPod").stream()
            .filter(s -> s.getSpanId().equals(start.getParentSpanId()))
            .findFirst()
            .orElseThrow();
    assertThat(start.getTraceId()).isEqualTo(sync.getTraceId());
    assertThat(Collector.text(sync, "k8s.pod.name")).isEqualTo("traced");
    assertThat(Collector.text(sync, "k8s.namespace.name")).isEqualTo("default");
    assertThat(Collector.text(sync, "k8s.pod.uid")).isNotEmpty();
  }
}
