package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.certificates.CertificateRequest;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.registry.Backstage;
import io.smallrye.mutiny.Uni;
import java.util.Base64;

/**
 * Approving or signing needs the right to do so for the request's signer, and nobody asks for a
 * certificate of system:masters (CertificateApproval, -Signing, -SubjectRestriction).
 */
final class CertificateSigning implements AdmissionPlugin {

  private static final String GROUP = "certificates.k8s.io";
  private static final String API_CLIENT = "kubernetes.io/kube-apiserver-client";

  private final Authorizer authorizer;

  CertificateSigning(Authorizer authorizer) {
    this.authorizer = authorizer;
  }

  @Override
  public String name() {
    return "CertificateApproval";
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    ObjectNode now = request.object();
    KubeObject before = request.before();
    if (now == null
        || !request.resource().toString().equals("certificatesigningrequests." + GROUP)) {
      return Backstage.DONE;
    }
    if (request.operation() == Operation.CREATE) {
      restrictSubject(request, now.path("spec"));
    }
    if (before == null || request.operation() != Operation.UPDATE) {
      return Backstage.DONE;
    }
    switch (request.call().subresource()) {
      case "approval" -> require(request, "approve", before);
      case "status" -> {
        if (!now.path("status").path("certificate").equals(before.at("status", "certificate"))) {
          require(request, "sign", before);
        }
      }
      default -> {}
    }
    return Backstage.DONE;
  }

  /** The request's form was checked by validation before. */
  private static void restrictSubject(AdmissionRequest request, JsonNode spec) {
    if (spec.path("signerName").asText("").equals(API_CLIENT)
        && CertificateRequest.parsePem(Base64.getDecoder().decode(spec.path("request").asText("")))
            .organizations()
            .contains(UserInfo.MASTERS)) {
      throw Refusal.of(
          request, "use of " + API_CLIENT + " signer with system:masters group is not allowed");
    }
  }

  private void require(AdmissionRequest request, String verb, KubeObject csr) {
    UserInfo user = request.call().user();
    String signer = csr.text("spec", "signerName");
    String wildcard = signer.substring(0, Math.max(0, signer.indexOf('/'))) + "/*";
    boolean may =
        authorizer
                .decide(Attributes.resource(user, verb, GROUP, "signers", "", "", signer))
                .allowed()
            || authorizer
                .decide(Attributes.resource(user, verb, GROUP, "signers", "", "", wildcard))
                .allowed();
    if (!may) {
      throw Refusal.of(
          request,
          "user not permitted to " + verb + " requests with signerName \"" + signer + "\"");
    }
  }
}
