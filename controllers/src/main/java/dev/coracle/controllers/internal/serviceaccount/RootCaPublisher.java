package dev.coracle.controllers.internal.serviceaccount;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import io.micrometer.core.instrument.Timer;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.stream.IntStream;

/**
 * Keeps the ConfigMap {@code kube-root-ca.crt} in every namespace, from which pods learn to trust
 * the API server.
 */
public final class RootCaPublisher extends LoopController {

  private static final String NAME = "kube-root-ca.crt";
  private static final String KEY = "ca.crt";

  private final Lister namespaces;
  private final Lister configMaps;

  /** From a millisecond on, each twice the one before. */
  private static final Duration[] BUCKETS =
      IntStream.range(0, 15).mapToObj(i -> Duration.ofMillis(1L << i)).toArray(Duration[]::new);

  public RootCaPublisher(Environment env) {
    super("root-ca-certificate-publisher-controller", env);
    Informer namespaceInformer = env.informer(Resources.NAMESPACES);
    Informer configMapInformer = env.informer(Resources.CONFIG_MAPS);
    this.namespaces = namespaceInformer.lister();
    this.configMaps = configMapInformer.lister();
    if (env.options().rootCaPem().isEmpty()) {
      return;
    }
    onAny(namespaceInformer, namespace -> enqueue("", namespace.name()));
    onAny(
        configMapInformer,
        configMap -> {
          if (configMap.name().equals(NAME)) {
            enqueue("", configMap.namespace());
          }
        });
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    long begun = env.context().nanoTime();
    return published(name)
        .onItemOrFailure()
        .invoke((_, failure) -> {
          String code = Integer.toString(failure == null ? 200 : code(failure));
          Duration took = Duration.ofNanos(env.context().nanoTime() - begun);
          env.registry().counter("root_ca_cert_publisher_sync_total", "code", code).increment();
          Timer.builder("root_ca_cert_publisher_sync_duration_seconds")
              .description("Time that a look at a namespace took")
              .tag("code", code)
              .serviceLevelObjectives(BUCKETS)
              .register(env.registry())
              .record(took);
        });
  }

  private static int code(Throwable failure) {
    return failure instanceof StatusException refused ? refused.status().code() : 500;
  }

  private Uni<Result> published(NamespacedName name) {
    KubeObject namespace = namespaces.get("", name.name()).orElse(null);
    if (namespace == null || namespace.isDeleting()) {
      return DONE;
    }
    KubeObject present = configMaps.get(name.name(), NAME).orElse(null);
    if (present != null && present.text("data", KEY).equals(env.options().rootCaPem())) {
      return DONE;
    }
    Uni<KubeObject> write =
        present == null
            ? env.client()
                .create(
                    Resources.CONFIG_MAPS,
                    name.name(),
                    KubeObject.create(
                        new GroupVersionKind("", "v1", "ConfigMap"),
                        name.name(),
                        NAME,
                        node -> {
                          node.withObjectProperty("metadata")
                              .putObject("annotations")
                              .put(
                                  "kubernetes.io/description",
                                  "Contains a CA bundle that can be used to verify the"
                                      + " kube-apiserver when using internal endpoints such as the"
                                      + " internal service IP or kubernetes.default.svc. No other"
                                      + " usage is guaranteed across distributions of Kubernetes"
                                      + " clusters.");
                          node.putObject("data").put(KEY, env.options().rootCaPem());
                        }),
                    WriteOptions.NONE)
            : env.client()
                .update(
                    Resources.CONFIG_MAPS,
                    present.with(
                        node -> node.putObject("data").put(KEY, env.options().rootCaPem())));
    return write
        .replaceWith(Result.DONE)
        .onFailure(
            f -> StatusException.isAlreadyExists(f) || StatusException.isNamespaceTerminating(f))
        .recoverWithItem(Result.DONE);
  }
}
