package dev.coracle.metrics;

import dev.coracle.api.ExpositionText;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Prometheus scrapes: {@code /metrics}, the meters of this process, {@code
 * /metrics/kube-state}, the state of the objects, and {@code /metrics/resources}, what pods ask of
 * their nodes. Whoever mounts it asks who may read it.
 */
public final class MetricsEndpoint {

  public static final String METRICS = "/metrics";
  public static final String KUBE_STATE = "/metrics/kube-state";
  public static final String RESOURCES = "/metrics/resources";
  private static final Logger LOG = LoggerFactory.getLogger(MetricsEndpoint.class);

  private final MetricsRegistry registry;
  private final KubeStateMetrics state;
  private final KubeStateMetrics resources;

  /**
   * @param resources of {@link KubeStateMetrics#ofPodResources}
   */
  public MetricsEndpoint(
      MetricsRegistry registry, KubeStateMetrics state, KubeStateMetrics resources) {
    this.registry = registry;
    this.state = state;
    this.resources = resources;
  }

  /** Adds all routes. */
  public void mount(Router router) {
    router.get(METRICS).handler(rc -> metrics(rc.request()));
    router.get(KUBE_STATE).handler(rc -> kubeState(rc.request()));
    router.get(RESOURCES).handler(rc -> resources(rc.request()));
  }

  /** Answers a scrape of the process; on an event loop. */
  public void metrics(HttpServerRequest request) {
    MetricsRegistry.Scrape scrape = registry.scrape(request.getHeader("Accept"));
    request.response().putHeader("Content-Type", scrape.contentType()).end(scrape.body());
  }

  /** Answers a scrape of the objects' state; on an event loop, which it does not hold. */
  public void kubeState(HttpServerRequest request) {
    objects(state, request);
  }

  /** Answers a scrape of what pods ask for, as {@link #kubeState}. */
  public void resources(HttpServerRequest request) {
    objects(resources, request);
  }

  private static void objects(KubeStateMetrics of, HttpServerRequest request) {
    HttpServerResponse response = request.response();
    @Nullable Context context = Vertx.currentContext();
    Executor back = context == null ? Runnable::run : task -> context.runOnContext(_ -> task.run());
    of.scrape()
        .emitOn(back)
        .subscribe()
        .with(
            text -> {
              if (!response.closed()) {
                response.putHeader("Content-Type", ExpositionText.CONTENT_TYPE).end(text);
              }
            },
            failure -> {
              LOG.atWarn().setCause(failure).log("State metrics cannot be made");
              if (!response.closed()) {
                response.setStatusCode(503).end("state metrics cannot be made\n");
              }
            });
  }
}
