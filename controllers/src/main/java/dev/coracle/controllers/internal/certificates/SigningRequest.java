package dev.coracle.controllers.internal.certificates;

import dev.coracle.api.KubeObject;
import dev.coracle.api.certificates.CertificateRequest;
import dev.coracle.controllers.internal.status.Conditions;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.Set;

/** A view over a CertificateSigningRequest. */
record SigningRequest(KubeObject object) {

  boolean approved() {
    return Conditions.isTrue(object, "Approved");
  }

  boolean denied() {
    return Conditions.isTrue(object, "Denied");
  }

  boolean failed() {
    return Conditions.isTrue(object, "Failed");
  }

  boolean issued() {
    return !object.text("status", "certificate").isEmpty();
  }

  String signer() {
    return object.text("spec", "signerName");
  }

  String username() {
    return object.text("spec", "username");
  }

  Set<String> usages() {
    Set<String> out = new LinkedHashSet<>();
    object.at("spec", "usages").forEach(u -> out.add(u.asText()));
    return out;
  }

  boolean isFrom(String group) {
    for (var g : object.at("spec", "groups")) {
      if (g.asText().equals(group)) {
        return true;
      }
    }
    return false;
  }

  /**
   * @throws IllegalArgumentException with words for the user
   */
  CertificateRequest content() {
    return CertificateRequest.parsePem(Base64.getDecoder().decode(object.text("spec", "request")));
  }
}
