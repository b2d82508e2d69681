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
import io.smallrye.mutiny.Uni;

/**
 * Keeps the ConfigMap {@code kube-root-ca.crt} in every namespace, from which pods learn to trust
 * the API server.
 */
public final class RootCaPublisher extends LoopController {

  private static final String NAME = "kube-root-ca.crt";
  private static final String KEY = "ca.crt";

  private final Lister namespaces;
  private final Lister configMaps;

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
