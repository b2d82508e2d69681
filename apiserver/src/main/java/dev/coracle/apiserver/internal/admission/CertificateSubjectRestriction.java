package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.certificates.CertificateRequest;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import io.smallrye.mutiny.Uni;
import java.util.Base64;

/** Nobody gets a client certificate of the group that may do everything. */
final class CertificateSubjectRestriction implements AdmissionPlugin {

  private static final String API_CLIENT = "kubernetes.io/kube-apiserver-client";

  @Override
  public String name() {
    return "CertificateSubjectRestriction";
  }

  /** The request's form was checked by validation before. */
  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    ObjectNode now = request.object();
    if (now == null
        || request.operation() != Operation.CREATE
        || !request.resource().equals(CertificateSigning.REQUESTS)) {
      return Backstage.DONE;
    }
    JsonNode spec = now.path("spec");
    if (spec.path("signerName").asText("").equals(API_CLIENT)
        && CertificateRequest.parsePem(Base64.getDecoder().decode(spec.path("request").asText("")))
            .organizations()
            .contains(UserInfo.MASTERS)) {
      throw Refusal.of(
          request, "use of " + API_CLIENT + " signer with system:masters group is not allowed");
    }
    return Backstage.DONE;
  }
}
