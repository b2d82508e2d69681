package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.certificates.CertificateRequest;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What may be asked for in a signing request, and which of its subresources may change what of its
 * status.
 */
final class CertificateChecks {

  private static final FieldPath STATUS = FieldPath.ROOT.child("status");

  private static final Set<String> USAGES =
      Set.of(
          "signing",
          "digital signature",
          "content commitment",
          "key encipherment",
          "key agreement",
          "data encipherment",
          "cert sign",
          "crl sign",
          "encipher only",
          "decipher only",
          "any",
          "server auth",
          "client auth",
          "code signing",
          "email protection",
          "s/mime",
          "ipsec end system",
          "ipsec tunnel",
          "ipsec user",
          "timestamping",
          "ocsp signing",
          "microsoft sgc",
          "netscape sgc");

  private CertificateChecks() {}

  static List<StatusCause> create(ObjectNode now) {
    FieldErrors errors = new FieldErrors();
    JsonNode spec = now.path("spec");
    Set<String> seen = new HashSet<>();
    int i = 0;
    for (JsonNode usage : spec.path("usages")) {
      FieldPath at = FieldPath.SPEC.child("usages").index(i++);
      if (!USAGES.contains(usage.asText())) {
        errors.unsupported(at, "", usage.asText(), USAGES);
      } else if (!seen.add(usage.asText())) {
        errors.duplicate(at, "", usage.asText());
      }
    }
    String request = spec.path("request").asText("");
    try {
      if (!request.isEmpty()) {
        CertificateRequest.parsePem(Base64.getDecoder().decode(request));
      }
    } catch (IllegalArgumentException e) {
      errors.invalid(FieldPath.SPEC, "request", request, String.valueOf(e.getMessage()));
    }
    return errors.causes();
  }

  static List<StatusCause> update(ObjectNode now, KubeObject before, String subresource) {
    FieldErrors errors = new FieldErrors();
    JsonNode is = now.path("status");
    JsonNode was = before.at("status");
    for (String type : new String[] {"Approved", "Denied", "Failed"}) {
      JsonNode is1 = condition(is, type);
      JsonNode was1 = condition(was, type);
      boolean approval = !type.equals("Failed");
      if (!was1.isMissingNode() && is1.isMissingNode()) {
        forbid(errors, "updates may not remove a condition of type \"" + type + "\"");
      } else if (approval && !subresource.equals("approval") && !is1.equals(was1)) {
        forbid(
            errors,
            "updates may not "
                + (was1.isMissingNode() ? "add" : "modify")
                + " a condition of type \""
                + type
                + "\"");
      }
      if (!is1.isMissingNode()
          && !is1.equals(was1)
          && !is1.path("status").asText("").equals("True")) {
        errors.unsupported(
            STATUS.child("conditions"), "status", is1.path("status").asText(""), Set.of("True"));
      }
    }
    if (!condition(is, "Approved").isMissingNode() && !condition(is, "Denied").isMissingNode()) {
      errors.invalid(
          STATUS.child("conditions"),
          "type",
          "Denied",
          "Approved and Denied conditions are mutually exclusive");
    }
    String issued = was.path("certificate").asText("");
    if (!issued.isEmpty() && !is.path("certificate").asText("").equals(issued)) {
      errors.forbidden(
          STATUS, "certificate", "updates may not modify existing certificate content");
    }
    return errors.causes();
  }

  private static void forbid(FieldErrors errors, String detail) {
    errors.forbidden(STATUS, "conditions", detail);
  }

  private static JsonNode condition(JsonNode status, String type) {
    for (JsonNode condition : status.path("conditions")) {
      if (condition.path("type").asText("").equals(type)) {
        return condition;
      }
    }
    return MissingNode.getInstance();
  }
}
