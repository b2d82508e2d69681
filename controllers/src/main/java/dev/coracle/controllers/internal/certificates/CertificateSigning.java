package dev.coracle.controllers.internal.certificates;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.certificates.CertificateRequest;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.status.Conditions;
import dev.coracle.controllers.spi.CertificateSigner;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Signs what was approved for one of Kubernetes' own signers; what that signer may not sign gets
 * the condition {@code Failed}. Without an authority it does nothing.
 */
public final class CertificateSigning extends LoopController {

  private static final Duration SHORTEST = Duration.ofMinutes(10);

  private final Lister requests;
  private final @Nullable CertificateSigner authority;
  private final Duration longest;

  public CertificateSigning(Environment env) {
    super("certificatesigningrequest-signing-controller", env);
    this.authority = env.options().signer();
    this.longest = env.options().tuning().signingDuration();
    Informer informer = env.informer(Resources.CERTIFICATE_SIGNING_REQUESTS);
    this.requests = informer.lister();
    if (authority != null) {
      onAny(informer, loop::enqueue);
    }
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject object = requests.get("", name.name()).orElse(null);
    if (object == null || object.isDeleting() || authority == null) {
      return DONE;
    }
    SigningRequest request = new SigningRequest(object);
    Optional<Signer> signer = Signer.of(request.signer());
    if (!request.approved()
        || request.denied()
        || request.failed()
        || request.issued()
        || signer.isEmpty()) {
      return DONE;
    }
    CertificateRequest content;
    try {
      content = request.content();
    } catch (IllegalArgumentException e) {
      return fail(object, "unable to parse csr \"" + object.name() + "\": " + e.getMessage());
    }
    Optional<String> refusal = signer.get().refusal(content, request.usages());
    if (refusal.isPresent()) {
      return fail(object, refusal.get());
    }
    return authority
        .sign(content, request.usages(), validity(object))
        .emitOn(env.context())
        .chain(pem -> write(object.with(o -> issued(o.withObjectProperty("status"), pem))));
  }

  private static void issued(ObjectNode status, String pem) {
    byte[] bytes = pem.getBytes(StandardCharsets.US_ASCII);
    status.put("certificate", Base64.getEncoder().encodeToString(bytes));
  }

  /** As asked for, between ten minutes and what the cluster signs for at most. */
  private Duration validity(KubeObject object) {
    if (!object.at("spec", "expirationSeconds").isNumber()) {
      return longest;
    }
    Duration asked = Duration.ofSeconds(object.at("spec", "expirationSeconds").asLong());
    if (asked.compareTo(longest) > 0) {
      return longest;
    }
    return asked.compareTo(SHORTEST) < 0 ? SHORTEST : asked;
  }

  private Uni<Result> fail(KubeObject object, String message) {
    return write(
        object.with(o ->
            Conditions.set(
                o.withObjectProperty("status"),
                "Failed",
                "True",
                "SignerValidationFailure",
                message,
                env.now(),
                true)));
  }

  private Uni<Result> write(KubeObject object) {
    return env.client()
        .updateStatus(Resources.CERTIFICATE_SIGNING_REQUESTS, object)
        .replaceWith(Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }
}
