package dev.coracle.launcher;

import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.schema.Scheme;
import dev.coracle.apiserver.ApiServerHooks;
import dev.coracle.apiserver.ExtraRoute;
import dev.coracle.apiserver.HealthCheck;
import dev.coracle.apiserver.ObjectProvider;
import dev.coracle.client.Client;
import dev.coracle.client.SerialContext;
import dev.coracle.client.net.KubeletDocuments;
import dev.coracle.metrics.KubeStateMetrics;
import dev.coracle.metrics.KubeletSource;
import dev.coracle.metrics.MetricsEndpoint;
import dev.coracle.metrics.MetricsRegistry;
import dev.coracle.metrics.MetricsServer;
import dev.coracle.metrics.ResourceMetricsKinds;
import dev.coracle.metrics.ResourceMetricsProvider;
import dev.coracle.metrics.config.MetricsServerOptions;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Hangs the metrics module into the API server: {@code /metrics}, {@code /metrics/kube-state},
 * {@code /metrics/resources}, and the resources of {@code metrics.k8s.io}. The API server is made
 * before there is a Client to it, so what is served is put in by {@link #open}, before the server
 * listens.
 */
final class MetricsApi {

  private final MetricsRegistry registry;
  private @Nullable MetricsEndpoint endpoint;
  private @Nullable MetricsServer server;

  MetricsApi(MetricsRegistry registry) {
    this.registry = registry;
  }

  /** What the API server is to serve. */
  ApiServerHooks hooks(List<ExtraRoute> routes, List<HealthCheck> checks) {
    List<ExtraRoute> all = new java.util.ArrayList<>(routes);
    all.add(new ExtraRoute(MetricsEndpoint.METRICS, false, this::metrics));
    all.add(new ExtraRoute(MetricsEndpoint.KUBE_STATE, false, this::kubeState));
    all.add(new ExtraRoute(MetricsEndpoint.RESOURCES, false, r -> endpoint().resources(r)));
    return new ApiServerHooks(
        all,
        checks,
        Map.<GroupResource, ObjectProvider>of(
            MetricsServer.NODES.groupResource(), provider(MetricsServer::nodes),
            MetricsServer.PODS.groupResource(), provider(MetricsServer::pods)));
  }

  /** Makes the parts that need the API. */
  MetricsServer open(Vertx vertx, Client client, KubeletDocuments kubelets, Scheme scheme) {
    Executor worker = task -> vertx.executeBlocking(() -> run(task), false);
    MetricsServer made =
        new MetricsServer(
            SerialContext.of(vertx),
            client,
            KubeletSource.of(kubelets),
            MetricsServerOptions.DEFAULT,
            registry.meters());
    server = made;
    ResourceMetricsKinds.definitions().forEach(scheme::put);
    endpoint =
        new MetricsEndpoint(
            registry,
            new KubeStateMetrics(client, worker),
            KubeStateMetrics.ofPodResources(client, worker));
    return made;
  }

  private static Void run(Runnable task) {
    task.run();
    return null;
  }

  private void metrics(HttpServerRequest request) {
    endpoint().metrics(request);
  }

  private void kubeState(HttpServerRequest request) {
    endpoint().kubeState(request);
  }

  private MetricsEndpoint endpoint() {
    if (endpoint == null) {
      throw new IllegalStateException("metrics are asked for before they are open");
    }
    return endpoint;
  }

  private ObjectProvider provider(Function<MetricsServer, ResourceMetricsProvider> part) {
    Supplier<ResourceMetricsProvider> of =
        () -> {
          if (server == null) {
            throw new IllegalStateException("metrics are asked for before they are open");
          }
          return part.apply(server);
        };
    return new ObjectProvider() {
      @Override
      public Uni<KubeObject> get(String namespace, String name) {
        return of.get().get(namespace, name);
      }

      @Override
      public Uni<KubeList> list(String namespace, ListOptions options) {
        return of.get().list(namespace, options);
      }
    };
  }
}
