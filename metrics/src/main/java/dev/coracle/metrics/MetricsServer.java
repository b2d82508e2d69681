package dev.coracle.metrics;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Component;
import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.client.Client;
import dev.coracle.client.SerialContext;
import dev.coracle.metrics.config.MetricsServerOptions;
import dev.coracle.metrics.internal.usage.Snapshot;
import dev.coracle.metrics.internal.usage.Usage;
import dev.coracle.metrics.internal.usage.UsageCollector;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The usage behind {@code kubectl top} and HorizontalPodAutoscalers: {@code
 * metrics.k8s.io/v1beta1}. Kubelets are read only while somebody asks; the first answer after a
 * rest takes about a second.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/tasks/debug/debug-cluster/resource-metrics-pipeline/">Resource
 *     metrics pipeline</a>
 */
public final class MetricsServer implements Component {

  public static final GroupVersionResource NODES =
      new GroupVersionResource("metrics.k8s.io", "v1beta1", "nodes");
  public static final GroupVersionResource PODS =
      new GroupVersionResource("metrics.k8s.io", "v1beta1", "pods");
  private static final GroupVersionKind NODE_METRICS =
      new GroupVersionKind("metrics.k8s.io", "v1beta1", "NodeMetrics");
  private static final GroupVersionKind POD_METRICS =
      new GroupVersionKind("metrics.k8s.io", "v1beta1", "PodMetrics");

  private final SerialContext context;
  private final Client client;
  private final UsageCollector collector;

  public MetricsServer(
      SerialContext context,
      Client client,
      KubeletSource kubelets,
      MetricsServerOptions options,
      MeterRegistry meters) {
    this.context = context;
    this.client = client;
    this.collector = new UsageCollector(context, client, kubelets, options, meters);
  }

  /** Serves {@link #NODES}. */
  public ResourceMetricsProvider nodes() {
    return new Provider(Resources.NODES, NODES.groupResource(), this::nodeMetrics);
  }

  /** Serves {@link #PODS}. */
  public ResourceMetricsProvider pods() {
    return new Provider(Resources.PODS, PODS.groupResource(), this::podMetrics);
  }

  private @Nullable KubeObject nodeMetrics(KubeObject node, Snapshot snapshot) {
    @Nullable Usage usage = snapshot.nodes().get(node.name());
    return usage == null
        ? null
        : KubeObject.create(
            NODE_METRICS,
            "",
            node.name(),
            object -> {
              head(object, node, usage.time(), usage.window());
              usage.write(object.putObject("usage"));
            });
  }

  private @Nullable KubeObject podMetrics(KubeObject pod, Snapshot snapshot) {
    @Nullable Map<String, Usage> containers =
        snapshot.pods().get(pod.namespace() + "/" + pod.name());
    if (containers == null || pod.text("status", "phase").equals("Succeeded")) {
      return null;
    }
    Usage first = containers.values().iterator().next();
    return KubeObject.create(
        POD_METRICS,
        pod.namespace(),
        pod.name(),
        object -> {
          head(object, pod, first.time(), first.window());
          ArrayNode array = object.putArray("containers");
          containers.forEach((name, usage) -> {
            ObjectNode container = array.addObject().put("name", name);
            usage.write(container.putObject("usage"));
          });
        });
  }

  private void head(ObjectNode object, KubeObject of, Instant time, Duration window) {
    ObjectNode metadata = object.withObject("/metadata");
    metadata.put("creationTimestamp", Timestamps.time(context.clock().instant()));
    if (!of.labels().isEmpty()) {
      ObjectNode labels = metadata.putObject("labels");
      of.labels().forEach(labels::put);
    }
    object.put("timestamp", Timestamps.time(time));
    object.put("window", Usage.text(window));
  }

  private final class Provider implements ResourceMetricsProvider {
    private final GroupVersionResource measured;
    private final GroupResource served;
    private final BiFunction<KubeObject, Snapshot, @Nullable KubeObject> metrics;

    Provider(
        GroupVersionResource measured,
        GroupResource served,
        BiFunction<KubeObject, Snapshot, @Nullable KubeObject> metrics) {
      this.measured = measured;
      this.served = served;
      this.metrics = metrics;
    }

    @Override
    public Uni<KubeObject> get(String namespace, String name) {
      return collector
          .ask()
          .flatMap(snapshot ->
              client
                  .get(measured, namespace, name)
                  .map(object -> {
                    @Nullable KubeObject found = metrics.apply(object, snapshot);
                    if (found == null) {
                      throw StatusException.notFound(served, name);
                    }
                    return found;
                  }));
    }

    @Override
    public Uni<KubeList> list(String namespace, ListOptions options) {
      return collector
          .ask()
          .flatMap(snapshot ->
              client
                  .list(measured, namespace, options)
                  .map(list ->
                      new KubeList(
                          list.resourceVersion(),
                          list.continueToken(),
                          list.remaining(),
                          list.items().stream()
                              .<KubeObject>mapMulti((object, found) -> {
                                @Nullable KubeObject one = metrics.apply(object, snapshot);
                                if (one != null) {
                                  found.accept(one);
                                }
                              })
                              .toList())));
    }
  }

  @Override
  public String name() {
    return "metrics-server";
  }

  @Override
  public CompletionStage<Void> start() {
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletionStage<Void> stop() {
    collector.stop();
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public Optional<String> unhealthy() {
    return Optional.empty();
  }
}
