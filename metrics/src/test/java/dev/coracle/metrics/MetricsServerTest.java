package dev.coracle.metrics;

import static dev.coracle.metrics.MetricsFixture.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.client.fake.ManualContext;
import dev.coracle.metrics.config.MetricsServerOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MetricsServerTest {
  private final FakeClient client = new FakeClient();
  private final ManualContext context = new ManualContext();
  private final Map<String, Double> coresUsed = new HashMap<>();
  private int reads;
  private final MetricsServer server =
      new MetricsServer(
          context, client, this::kubelet, MetricsServerOptions.DEFAULT, new SimpleMeterRegistry());

  @BeforeEach
  void fill() {
    put(client, Resources.NODES, MetricsFixture.node("n1"));
    put(client, Resources.PODS, MetricsFixture.pod("web"));
    coresUsed.put("n1", 1.5);
  }

  /** A node that uses a fixed number of cores, and a container that uses half as many. */
  private Uni<String> kubelet(KubeObject node) {
    reads++;
    Double cores = coresUsed.get(node.name());
    if (cores == null) {
      return Uni.createFrom().failure(new IllegalStateException("unreachable"));
    }
    long now = context.clock().millis();
    double seconds = context.nanoTime() / 1e9;
    return Uni.createFrom()
        .item(
            """
            # TYPE node_cpu_usage_seconds_total counter
            node_cpu_usage_seconds_total %s %d
            node_memory_working_set_bytes 4194304 %d
            container_cpu_usage_seconds_total{container="c",namespace="shop",pod="web"} %s %d
            container_memory_working_set_bytes{container="c",namespace="shop",pod="web"} 1.048576e+06 %d
            container_start_time_seconds{container="c",namespace="shop",pod="web"} 1.7e+09
            """
                .formatted(100 + seconds * cores, now, now, 10 + seconds * cores / 2, now, now));
  }

  private <T> CompletableFuture<T> ask(Uni<T> question) {
    CompletableFuture<T> answer = question.subscribeAsCompletionStage();
    context.runUntilIdle();
    return answer;
  }

  @Test
  void answersTheFirstQuestionAfterTwoSamples() {
    CompletableFuture<KubeList> answer = ask(server.nodes().list("", ListOptions.ALL));
    assertThat(answer).isNotDone();
    context.advance(Duration.ofSeconds(1));
    KubeObject node = answer.join().items().getFirst();
    assertThat(node.kind()).isEqualTo("NodeMetrics");
    assertThat(node.text("usage", "cpu")).isEqualTo("1500000000n");
    assertThat(node.text("usage", "memory")).isEqualTo("4096Ki");
    assertThat(node.text("window")).isEqualTo("1s");
    assertThat(node.labels()).containsEntry("zone", "a");
  }

  @Test
  void measuresPodsByContainerAndSelectsByTheirLabels() {
    CompletableFuture<KubeList> answer =
        ask(server.pods().list("shop", ListOptions.ALL.withLabels(LabelSelector.parse("app=web"))));
    context.advance(Duration.ofSeconds(1));
    KubeObject pod = answer.join().items().getFirst();
    assertThat(pod.namespace()).isEqualTo("shop");
    assertThat(pod.at("containers").path(0).path("name").asText()).isEqualTo("c");
    assertThat(pod.at("containers").path(0).path("usage").path("cpu").asText())
        .isEqualTo("750000000n");
    assertThat(
            ask(server
                    .pods()
                    .list("", ListOptions.ALL.withLabels(LabelSelector.parse("app=other"))))
                .join()
                .items())
        .isEmpty();
  }

  @Test
  void staysFreshWhileAskedAndRestsWhenNobodyAsks() {
    ask(server.nodes().list("", ListOptions.ALL));
    context.advance(Duration.ofSeconds(1));
    assertThat(reads).isEqualTo(2);
    context.advance(Duration.ofSeconds(31));
    assertThat(reads).isEqualTo(4);
    CompletableFuture<KubeList> again = ask(server.nodes().list("", ListOptions.ALL));
    assertThat(again).isDone();
    assertThat(again.join().items().getFirst().text("window")).isEqualTo("15s");
    context.advance(Duration.ofMinutes(10));
    int rested = reads;
    context.advance(Duration.ofHours(3));
    assertThat(reads).isEqualTo(rested).isLessThan(12);
    assertThat(ask(server.nodes().list("", ListOptions.ALL))).isNotDone();
  }

  @Test
  void leavesOutNodesThatDoNotAnswer() {
    put(client, Resources.NODES, MetricsFixture.node("n2"));
    CompletableFuture<KubeList> answer = ask(server.nodes().list("", ListOptions.ALL));
    context.advance(Duration.ofSeconds(5));
    assertThat(answer.join().items()).extracting(KubeObject::name).containsExactly("n1");
    CompletableFuture<KubeObject> one = ask(server.nodes().get("", "n2"));
    assertThatThrownBy(one::join)
        .isInstanceOf(CompletionException.class)
        .cause()
        .matches(StatusException::isNotFound);
  }

  @Test
  void answersEvenWhenNoNodeEverGivesASecondSample() {
    coresUsed.clear();
    CompletableFuture<KubeList> answer = ask(server.nodes().list("", ListOptions.ALL));
    context.advance(Duration.ofSeconds(5));
    assertThat(answer.join().items()).isEmpty();
  }
}
