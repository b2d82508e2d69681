package dev.coracle.apiserver.internal.admission;

import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer;

/** What somebody may do in the name of a signer: of it, or of all of its domain. */
record SignerRights(Authorizer authorizer) {

  static final String GROUP = "certificates.k8s.io";

  boolean may(AdmissionRequest request, String verb, String signer) {
    String all = signer.substring(0, Math.max(0, signer.indexOf('/'))) + "/*";
    return decide(request, verb, signer) || decide(request, verb, all);
  }

  private boolean decide(AdmissionRequest request, String verb, String name) {
    return authorizer
        .decide(Attributes.resource(request.call().user(), verb, GROUP, "signers", "", "", name))
        .allowed();
  }

  /** Refuses who may not do this to requests of a signer. */
  void require(AdmissionRequest request, String verb, String signer) {
    if (!may(request, verb, signer)) {
      throw Refusal.of(
          request,
          "user not permitted to " + verb + " requests with signerName \"" + signer + "\"");
    }
  }
}
