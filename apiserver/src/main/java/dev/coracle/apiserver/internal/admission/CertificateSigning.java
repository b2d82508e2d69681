package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.registry.Backstage;
import io.smallrye.mutiny.Uni;

/** Who issues the certificate of a CertificateSigningRequest needs a right for its signer. */
final class CertificateSigning implements AdmissionPlugin {

  static final GroupResource REQUESTS = Resources.CERTIFICATE_SIGNING_REQUESTS.groupResource();

  private final SignerRights rights;

  CertificateSigning(Authorizer authorizer) {
    this.rights = new SignerRights(authorizer);
  }

  @Override
  public String name() {
    return "CertificateSigning";
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    ObjectNode now = request.object();
    KubeObject before = request.before();
    if (now != null
        && before != null
        && request.operation() == Operation.UPDATE
        && request.resource().equals(REQUESTS)
        && request.call().subresource().equals("status")
        && !now.path("status").path("certificate").equals(before.at("status", "certificate"))) {
      rights.require(request, "sign", before.text("spec", "signerName"));
    }
    return Backstage.DONE;
  }
}
