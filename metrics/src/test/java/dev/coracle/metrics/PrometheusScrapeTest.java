package dev.coracle.metrics;

import static dev.coracle.metrics.MetricsFixture.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.api.Resources;
import dev.coracle.client.fake.FakeClient;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real Prometheus scrapes both endpoints and answers questions about them. */
class PrometheusScrapeTest {
  private static final Path PROMETHEUS = Path.of("/usr/bin/prometheus");

  @Test
  void scrapesAllEndpoints(@TempDir Path folder) throws Exception {
    assumeTrue(Files.isExecutable(PROMETHEUS), "needs prometheus");
    FakeClient client = new FakeClient();
    put(client, Resources.NODES, MetricsFixture.node("n1"));
    put(client, Resources.PODS, MetricsFixture.pod("web"));
    Vertx vertx = Vertx.vertx();
    try (MetricsRegistry registry = new MetricsRegistry()) {
      registry
          .meters()
          .timer("workqueue_work_duration", "name", "pods")
          .record(Duration.ofMillis(3));
      Router router = Router.router(vertx);
      Executor worker = task -> Thread.ofVirtual().start(task);
      new MetricsEndpoint(
              registry,
              new KubeStateMetrics(client, worker),
              KubeStateMetrics.ofPodResources(client, worker))
          .mount(router);
      HttpServer server =
          vertx
              .createHttpServer()
              .requestHandler(router)
              .listen(0, "127.0.0.1")
              .toCompletionStage()
              .toCompletableFuture()
              .get(10, TimeUnit.SECONDS);
      scrape(folder, server.actualPort());
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
  }

  private static void scrape(Path folder, int target) throws Exception {
    Path config = folder.resolve("prometheus.yml");
    Files.writeString(
        config,
        """
        global: {scrape_interval: 1s}
        scrape_configs:
        - job_name: coracle
          static_configs: [{targets: ['127.0.0.1:%1$d']}]
        - job_name: kube-state
          metrics_path: /metrics/kube-state
          static_configs: [{targets: ['127.0.0.1:%1$d']}]
        - job_name: resources
          metrics_path: /metrics/resources
          static_configs: [{targets: ['127.0.0.1:%1$d']}]
        """
            .formatted(target));
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    Process prometheus =
        new ProcessBuilder(
                PROMETHEUS.toString(),
                "--config.file=" + config,
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    try {
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(200))
          .ignoreExceptions()
          .untilAsserted(() -> {
            assertThat(ask(port, "sum(up)")).contains("\"3\"");
            assertThat(ask(port, "kube_pod_status_phase{phase=\"Running\"}"))
                .contains("\"pod\":\"web\"");
            assertThat(ask(port, "histogram_quantile(0.9, workqueue_work_duration_seconds_bucket)"))
                .contains("\"name\":\"pods\"");
            assertThat(ask(port, "process_resident_memory_bytes")).contains("coracle");
          });
    } finally {
      prometheus.destroy();
      prometheus.waitFor(10, TimeUnit.SECONDS);
    }
  }

  private static String ask(int port, String query) throws Exception {
    URI uri =
        URI.create(
            "http://127.0.0.1:"
                + port
                + "/api/v1/query?query="
                + URLEncoder.encode(query, StandardCharsets.UTF_8));
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }
}
