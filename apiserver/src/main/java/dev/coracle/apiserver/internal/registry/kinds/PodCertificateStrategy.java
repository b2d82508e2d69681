package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import java.time.Clock;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * PodCertificateRequests (KEP-4317): what is asked for never changes, and only who may sign for the
 * signer decides what becomes of it, once.
 */
public final class PodCertificateStrategy implements KindStrategy {

  private static final String GROUP = "certificates.k8s.io";

  private final Authorizer authorizer;
  private final Clock clock;

  public PodCertificateStrategy(Authorizer authorizer, Clock clock) {
    this.authorizer = authorizer;
    this.clock = clock;
  }

  @Override
  public boolean tracksGeneration() {
    return false;
  }

  @Override
  public boolean statusKeepsMetadata() {
    return true;
  }

  @Override
  public boolean allowsUnconditionalUpdate() {
    return false;
  }

  /** What ended the request stays as it was said, and is dated where the signer does not say. */
  @Override
  public void prepareForUpdate(ObjectNode now, KubeObject before, Call call) {
    if (call.subresource().equals("status")
        && now.path("status").path("conditions") instanceof ArrayNode conditions) {
      JsonNode old = before.at("status", "conditions");
      PodCertificateChecks.ENDS.forEach(type -> KeptConditions.keep(type, conditions, old));
      KeptConditions.date(conditions, old, clock.instant());
    }
  }

  @Override
  public List<StatusCause> validate(ObjectNode now, @Nullable KubeObject before, Call call) {
    FieldErrors errors = new FieldErrors();
    if (before == null) {
      PodCertificateChecks.key(now.path("spec"), errors);
      return errors.causes();
    }
    if (!call.subresource().equals("status")) {
      return List.of();
    }
    PodCertificateChecks.status(now, before, clock.instant(), errors);
    if (errors.isEmpty() && PodCertificateChecks.statusChanges(now, before)) {
      sign(call.user(), before.text("spec", "signerName"), errors);
    }
    return errors.causes();
  }

  private void sign(UserInfo user, String signer, FieldErrors errors) {
    String all = signer.substring(0, Math.max(0, signer.indexOf('/'))) + "/*";
    for (String name : new String[] {signer, all}) {
      if (authorizer
          .decide(Attributes.resource(user, "sign", GROUP, "signers", "", "", name))
          .allowed()) {
        return;
      }
    }
    errors.forbidden(
        FieldPath.SPEC,
        "signerName",
        "User \"" + user.name() + "\" is not permitted to \"sign\" for signer \"" + signer + "\"");
  }
}
