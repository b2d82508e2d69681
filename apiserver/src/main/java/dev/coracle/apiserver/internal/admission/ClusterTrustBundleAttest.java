package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.GarbageFields;
import io.smallrye.mutiny.Uni;

/**
 * Who says by a ClusterTrustBundle which certificates a signer is to be trusted by needs the right
 * to attest for that signer (KEP-3257).
 */
final class ClusterTrustBundleAttest implements AdmissionPlugin {

  private final SignerRights rights;

  ClusterTrustBundleAttest(Authorizer authorizer) {
    this.rights = new SignerRights(authorizer);
  }

  @Override
  public String name() {
    return "ClusterTrustBundleAttest";
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    ObjectNode bundle = request.object();
    if (bundle == null
        || request.operation() != Operation.CREATE && request.operation() != Operation.UPDATE
        || !request.resource().equals(Resources.CLUSTER_TRUST_BUNDLES.groupResource())) {
      return Backstage.DONE;
    }
    String signer = bundle.path("spec").path("signerName").asText("");
    KubeObject before = request.before();
    if (!signer.isEmpty()
        && !(before != null && GarbageFields.alone(before.tree(), bundle))
        && !rights.may(request, "attest", signer)) {
      throw Refusal.of(request, "user not permitted to attest for signerName \"" + signer + "\"");
    }
    return Backstage.DONE;
  }
}
