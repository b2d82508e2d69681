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

/** Gives every active namespace its {@code default} ServiceAccount, again when it is deleted. */
public final class ServiceAccountController extends LoopController {

  private static final String DEFAULT = "default";

  private final Lister namespaces;
  private final Lister accounts;

  public ServiceAccountController(Environment env) {
    super("serviceaccount-controller", env);
    Informer namespaceInformer = env.informer(Resources.NAMESPACES);
    Informer accountInformer = env.informer(Resources.SERVICE_ACCOUNTS);
    this.namespaces = namespaceInformer.lister();
    this.accounts = accountInformer.lister();
    onAny(namespaceInformer, namespace -> enqueue("", namespace.name()));
    accountInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void deleted(KubeObject last) {
            enqueue("", last.namespace());
          }
        });
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject namespace = namespaces.get("", name.name()).orElse(null);
    if (namespace == null
        || namespace.isDeleting()
        || accounts.get(name.name(), DEFAULT).isPresent()) {
      return DONE;
    }
    KubeObject account =
        KubeObject.create(
            new GroupVersionKind("", "v1", "ServiceAccount"), name.name(), DEFAULT, _ -> {});
    return env.client()
        .create(Resources.SERVICE_ACCOUNTS, name.name(), account, WriteOptions.NONE)
        .replaceWith(Result.DONE)
        .onFailure(
            f -> StatusException.isAlreadyExists(f) || StatusException.isNamespaceTerminating(f))
        .recoverWithItem(Result.DONE);
  }
}
