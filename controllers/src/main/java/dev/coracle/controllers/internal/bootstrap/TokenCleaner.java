package dev.coracle.controllers.internal.bootstrap;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Deletes bootstrap tokens when they expire. */
public final class TokenCleaner extends LoopController {

  private final Lister secrets;

  public TokenCleaner(Environment env) {
    super("token-cleaner-controller", env);
    Informer informer = env.informers().informer(Resources.SECRETS, BootstrapToken.selection());
    this.secrets = informer.lister();
    onAny(informer, loop::enqueue);
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject secret = secrets.get(name.namespace(), name.name()).orElse(null);
    if (secret == null || secret.isDeleting()) {
      return DONE;
    }
    BootstrapToken token = new BootstrapToken(secret);
    if (!token.expired(env.now())) {
      Optional<Instant> end = token.expiration();
      return end.isEmpty()
          ? DONE
          : Uni.createFrom().item(Result.requeueAfter(Duration.between(env.now(), end.get())));
    }
    return env.client()
        .delete(
            Resources.SECRETS,
            secret.namespace(),
            secret.name(),
            new DeleteOptions(-1, "", secret.uid(), secret.resourceVersion(), false))
        .replaceWith(Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }
}
