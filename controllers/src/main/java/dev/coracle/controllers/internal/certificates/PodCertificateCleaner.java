package dev.coracle.controllers.internal.certificates;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;

/**
 * Clears PodCertificateRequests away half an hour after they were made, whatever came of them: a
 * kubelet keeps what was issued, and asks again for what was not.
 */
public final class PodCertificateCleaner extends LoopController {

  private static final Duration KEPT = Duration.ofMinutes(30);

  private final Lister requests;

  public PodCertificateCleaner(Environment env) {
    super("podcertificaterequest-cleaner-controller", env);
    Informer informer = env.informer(Resources.POD_CERTIFICATE_REQUESTS);
    this.requests = informer.lister();
    onAny(informer, loop::enqueue);
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject object = requests.get(name.namespace(), name.name()).orElse(null);
    if (object == null || object.isDeleting()) {
      return DONE;
    }
    Instant made = Timestamps.parse(object.metadata().path("creationTimestamp").asText(""));
    Duration left = Duration.between(env.now(), (made == null ? env.now() : made).plus(KEPT));
    if (left.isPositive()) {
      return Uni.createFrom().item(Result.requeueAfter(left));
    }
    return env.client()
        .delete(
            Resources.POD_CERTIFICATE_REQUESTS,
            object.namespace(),
            object.name(),
            new DeleteOptions(-1, "", object.uid(), "", false))
        .replaceWith(Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }
}
