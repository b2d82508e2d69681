package dev.coracle.controllers.internal.certificates;

import com.fasterxml.jackson.databind.JsonNode;
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
import dev.coracle.controllers.internal.status.Conditions;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;

/**
 * Clears requests away: an hour after they were approved and issued, denied or failed, a day after
 * they were made when nobody decided or nobody signed.
 */
public final class CertificateCleaner extends LoopController {

  private static final Duration DECIDED = Duration.ofHours(1);
  private static final Duration PENDING = Duration.ofHours(24);

  private final Lister requests;

  public CertificateCleaner(Environment env) {
    super("certificatesigningrequest-cleaner-controller", env);
    Informer informer = env.informer(Resources.CERTIFICATE_SIGNING_REQUESTS);
    this.requests = informer.lister();
    onAny(informer, loop::enqueue);
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject object = requests.get("", name.name()).orElse(null);
    if (object == null || object.isDeleting()) {
      return DONE;
    }
    Duration left = Duration.between(env.now(), end(object));
    if (left.isPositive()) {
      return Uni.createFrom().item(Result.requeueAfter(left));
    }
    return env.client()
        .delete(
            Resources.CERTIFICATE_SIGNING_REQUESTS,
            "",
            object.name(),
            new DeleteOptions(-1, "", object.uid(), object.resourceVersion(), false))
        .replaceWith(Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }

  private Instant end(KubeObject object) {
    SigningRequest request = new SigningRequest(object);
    Instant end = since(object.metadata().path("creationTimestamp")).plus(PENDING);
    if (request.issued() && request.approved()) {
      end = earlier(end, since(object, "Approved"));
    }
    if (request.denied()) {
      end = earlier(end, since(object, "Denied"));
    }
    if (request.failed()) {
      end = earlier(end, since(object, "Failed"));
    }
    return end;
  }

  private Instant since(KubeObject object, String condition) {
    return since(Conditions.find(object, condition).path("lastUpdateTime")).plus(DECIDED);
  }

  private Instant since(JsonNode time) {
    Instant at = Timestamps.parse(time.asText(""));
    return at == null ? env.now() : at;
  }

  private static Instant earlier(Instant a, Instant b) {
    return a.isBefore(b) ? a : b;
  }
}
