package dev.coracle.kubelet.server.internal.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.StatusException;
import dev.coracle.kubelet.server.HealthChecks.Outcome;
import dev.coracle.kubelet.server.NodeDocuments;
import dev.coracle.kubelet.server.internal.logs.GzipSink;
import dev.coracle.kubelet.server.internal.logs.LogOptions;
import dev.coracle.kubelet.server.stats.CadvisorMetrics;
import dev.coracle.kubelet.server.stats.NodeStats;
import dev.coracle.kubelet.server.stats.NodeStats.Extent;
import dev.coracle.kubelet.server.stats.ResourceMetrics;
import dev.coracle.kubelet.server.stats.SummaryJson;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** The endpoints that answer one document: pods, health, metrics, stats, configuration. */
public final class DocumentRoutes {
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

  private final Vertx vertx;
  private final NodeDocuments documents;

  public DocumentRoutes(Vertx vertx, NodeDocuments documents) {
    this.vertx = vertx;
    this.documents = documents;
  }

  public void mount(Router router) {
    router.get("/pods").handler(rc -> json(rc, documents.pods(), x -> x));
    router.get("/runningpods").handler(rc -> json(rc, documents.runningPods(), x -> x));
    router.get("/runningpods/").handler(rc -> json(rc, documents.runningPods(), x -> x));
    router.get("/configz").handler(rc -> json(rc, documents.configz(), x -> x));
    router.get("/metrics").handler(rc -> metrics(rc, documents.metrics(), x -> x));
    router.get("/metrics/probes").handler(rc -> metrics(rc, documents.probeMetrics(), x -> x));
    router
        .get("/metrics/cadvisor")
        .handler(rc -> metrics(rc, stats(Extent.ALL), CadvisorMetrics::render));
    router.get("/metrics/slis").handler(rc -> prometheus(rc, documents.health().slis()));
    router.get("/metrics/resource").handler(this::resourceMetrics);
    router
        .get("/stats/summary")
        .handler(rc -> {
          boolean cheap = LogOptions.flag(rc.request().getParam("only_cpu_and_memory"));
          json(
              rc,
              stats(cheap ? Extent.CPU_AND_MEMORY : Extent.ALL),
              (NodeStats s) -> SummaryJson.render(s, cheap));
        });
    router.get("/logs/entries").handler(this::logEntries);
    mountHealth(router);
  }

  /** Whether the kubelet works, alone. */
  public void mountHealth(Router router) {
    router.get("/healthz").handler(rc -> health(rc, ""));
    router.get("/healthz/:check").handler(rc -> health(rc, Targets.param(rc, "check")));
  }

  private void logEntries(RoutingContext rc) {
    Optional<Uni<JsonNode>> entries =
        documents
            .logEntries()
            .apply(name -> Optional.ofNullable(rc.request().getParam(name)).orElse(""));
    if (entries.isEmpty()) {
      rc.next(); // A file of that name, or nothing.
      return;
    }
    ask(entries::get)
        .map(list -> list.toString().getBytes(StandardCharsets.UTF_8))
        .onSuccess(bytes -> Replies.json(rc, bytes))
        .onFailure(
            e -> Replies.failure(rc, e instanceof StatusException s ? s.status().code() : 500, e));
  }

  private void health(RoutingContext rc, String only) {
    List<Outcome> outcomes = documents.health().ask(only);
    StringBuilder report = new StringBuilder();
    outcomes.forEach(o ->
        report
            .append(o.ok() ? "[+]" : "[-]")
            .append(o.name())
            .append(o.ok() ? " ok\n" : " failed: reason withheld\n"));
    if (outcomes.isEmpty()) {
      Replies.text(rc, 404, "404 page not found\n");
    } else if (!outcomes.stream().allMatch(Outcome::ok)) {
      Replies.text(
          rc,
          500,
          only.isEmpty() ? report + "healthz check failed\n" : "internal server error: " + report);
    } else {
      boolean verbose = only.isEmpty() && rc.request().params().contains("verbose");
      Replies.text(rc, 200, verbose ? report + "healthz check passed\n" : "ok");
    }
  }

  private Supplier<Uni<NodeStats>> stats(Extent extent) {
    return () -> documents.stats().apply(extent);
  }

  private void resourceMetrics(RoutingContext rc) {
    // A failing source is told in the metrics themselves, so that the scraper sees it.
    ask(stats(Extent.CPU_AND_MEMORY))
        .map(ResourceMetrics::render)
        .otherwise(_ -> ResourceMetrics.render(null))
        .onSuccess(text -> prometheus(rc, text));
  }

  private <T> void metrics(RoutingContext rc, Supplier<Uni<T>> source, Function<T, String> render) {
    ask(source)
        .map(render)
        .onSuccess(t -> prometheus(rc, t))
        .onFailure(e -> Replies.failure(rc, 500, e));
  }

  /** Compressed for who takes that, as Prometheus' own handlers do. */
  private void prometheus(RoutingContext rc, String text) {
    HttpServerResponse response = rc.response().putHeader("Content-Type", PROMETHEUS);
    if (accepted(rc).contains("gzip")) {
      response.putHeader("Content-Encoding", "gzip").putHeader("Vary", "Accept-Encoding");
      vertx
          .executeBlocking(() -> compressed(text), false)
          .onSuccess(response::end)
          .onFailure(e -> Replies.failure(rc, 500, e));
    } else {
      response.end(Buffer.buffer(text));
    }
  }

  private static String accepted(RoutingContext rc) {
    return Optional.ofNullable(rc.request().getHeader("Accept-Encoding")).orElse("");
  }

  private static Buffer compressed(String text) throws IOException, InterruptedException {
    Buffer out = Buffer.buffer();
    GzipSink gzip = new GzipSink(out::appendBytes);
    gzip.write(text.getBytes(StandardCharsets.UTF_8));
    gzip.finish();
    return out;
  }

  private <T> void json(
      RoutingContext rc, Supplier<Uni<T>> source, Function<T, ? extends JsonNode> render) {
    ask(source)
        .map(t -> render.apply(t).toString().getBytes(StandardCharsets.UTF_8))
        .onSuccess(bytes -> Replies.json(rc, bytes))
        .onFailure(e -> Replies.failure(rc, 500, e));
  }

  private <T> Future<T> ask(Supplier<Uni<T>> source) {
    try {
      return Adapters.future(vertx, source.get());
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }
}
