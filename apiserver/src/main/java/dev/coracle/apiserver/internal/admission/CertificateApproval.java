package dev.coracle.apiserver.internal.admission;

import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.registry.Backstage;
import io.smallrye.mutiny.Uni;

/** Who approves or denies a CertificateSigningRequest needs a right for its signer. */
final class CertificateApproval implements AdmissionPlugin {

  private final SignerRights rights;

  CertificateApproval(Authorizer authorizer) {
    this.rights = new SignerRights(authorizer);
  }

  @Override
  public String name() {
    return "CertificateApproval";
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    KubeObject before = request.before();
    if (before != null
        && request.operation() == Operation.UPDATE
        && request.resource().equals(CertificateSigning.REQUESTS)
        && request.call().subresource().equals("approval")) {
      rights.require(request, "approve", before.text("spec", "signerName"));
    }
    return Backstage.DONE;
  }
}
