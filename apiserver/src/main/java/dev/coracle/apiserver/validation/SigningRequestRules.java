package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.certificates.CertificateRequest;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * CertificateSigningRequests: what may be asked for, and which subresource may change what of the
 * status. A mistake of what is stored may stay.
 */
final class SigningRequestRules implements KindRules {

  private static final FieldPath CONDITIONS = FieldPath.STATUS.child("conditions");
  private static final List<String> APPROVALS = List.of("Approved", "Denied");
  private static final Set<String> TRUE_ALONE = Set.of("Approved", "Denied", "Failed");
  private static final Set<String> ANY_STATUS = Set.of("False", "True", "Unknown");
  private static final String LEGACY_SIGNER = "kubernetes.io/legacy-unknown";
  private static final int SHORTEST = 600;
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

  @Override
  public List<String> name(String name) {
    return NameRules.pathSegment(name);
  }

  @Override
  public void check(ObjectNode request, FieldErrors errors) {
    request(request, null, errors);
  }

  @Override
  public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
    change(now, before, "", errors);
  }

  @Override
  public void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
    change(now, before, subresource, errors);
  }

  private static void request(ObjectNode now, @Nullable JsonNode before, FieldErrors errors) {
    JsonNode spec = now.path("spec");
    String problem = problem(Nodes.text(spec, "request"));
    if (!problem.isEmpty()) {
      JsonNode value = Nodes.has(spec, "request") ? spec.path("request") : Nodes.NULL;
      errors.invalid(FieldPath.SPEC, "request", value, problem);
    }
    usages(spec.path("usages"), before == null ? null : before.path("spec"), errors);
    String signer = Nodes.text(spec, "signerName");
    boolean known =
        before != null && Nodes.text(before.path("spec"), "signerName").equals(LEGACY_SIGNER);
    if (signer.equals(LEGACY_SIGNER) && !known) {
      errors.invalid(
          FieldPath.SPEC,
          "signerName",
          signer,
          "the legacy signerName is not allowed via this API version");
    } else {
      SignerRules.check(signer, FieldPath.SPEC, errors);
    }
    if (Nodes.set(spec, "expirationSeconds") && spec.path("expirationSeconds").asInt() < SHORTEST) {
      errors.invalid(
          FieldPath.SPEC,
          "expirationSeconds",
          spec.path("expirationSeconds").asInt(),
          "may not specify a duration less than 600 seconds (10 minutes)");
    }
    conditions(
        now.path("status").path("conditions"),
        before == null ? Nodes.EMPTY : before.path("status").path("conditions"),
        errors);
    certificate(now.path("status"), before, errors);
  }

  private static String problem(String request) {
    try {
      CertificateRequest.parsePem(Base64.getDecoder().decode(request));
      return "";
    } catch (IllegalArgumentException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static void usages(JsonNode usages, @Nullable JsonNode old, FieldErrors errors) {
    if (usages.isEmpty()) {
      errors.required(FieldPath.SPEC, "usages");
    }
    FieldPath path = FieldPath.SPEC.child("usages");
    List<String> before = texts(old == null ? Nodes.EMPTY : old.path("usages"));
    int i = 0;
    for (JsonNode usage : usages) {
      FieldPath at = path.index(i++);
      if (USAGES.containsAll(before) && !USAGES.contains(usage.asText())) {
        errors.unsupported(at, "", usage.asText(), USAGES);
      }
    }
    Set<String> seen = new HashSet<>();
    i = 0;
    for (JsonNode usage : usages) {
      FieldPath at = path.index(i++);
      if (!seen.add(usage.asText()) && new HashSet<>(before).size() == before.size()) {
        errors.duplicate(at, "", usage.asText());
      }
    }
  }

  private static List<String> texts(JsonNode list) {
    List<String> out = new ArrayList<>();
    list.forEach(text -> out.add(text.asText()));
    return out;
  }

  private static void conditions(JsonNode conditions, JsonNode old, FieldErrors errors) {
    List<String> before = new ArrayList<>();
    old.forEach(c -> before.add(Nodes.text(c, "type")));
    boolean both = before.containsAll(APPROVALS);
    boolean unique = new HashSet<>(before).size() == before.size();
    Set<String> seen = new HashSet<>();
    int i = 0;
    for (JsonNode condition : conditions) {
      FieldPath at = CONDITIONS.index(i++);
      String type = Nodes.text(condition, "type");
      if (type.isEmpty() && !before.contains("")) {
        errors.required(at, "type");
      }
      Set<String> allowed = TRUE_ALONE.contains(type) ? Set.of("True") : ANY_STATUS;
      String status = Nodes.text(condition, "status");
      if (status.isEmpty()) {
        errors.required(at, "status");
      } else if (!allowed.contains(status)) {
        errors.unsupported(at, "status", status, allowed);
      }
      boolean excluded =
          type.equals("Approved") && seen.contains("Denied")
              || type.equals("Denied") && seen.contains("Approved");
      if (excluded && !both) {
        errors.invalid(
            CONDITIONS, "", type, "Approved and Denied conditions are mutually exclusive");
      }
      if (!seen.add(type) && unique) {
        errors.duplicate(at, "type", type);
      }
    }
  }

  private static void certificate(JsonNode status, @Nullable JsonNode before, FieldErrors errors) {
    if (before != null) {
      JsonNode old = before.path("status");
      if (Nodes.same(status, old, "certificate")
          || !IssuedCertificates.problem(Nodes.text(old, "certificate")).isEmpty()) {
        return;
      }
    }
    String problem = IssuedCertificates.problem(Nodes.text(status, "certificate"));
    if (!problem.isEmpty()) {
      errors.invalid(FieldPath.STATUS, "certificate", "<certificate data>", problem);
    }
  }

  private static void change(
      ObjectNode now, JsonNode before, String subresource, FieldErrors errors) {
    request(now, before, errors);
    for (String type : List.of("Approved", "Denied", "Failed")) {
      if (of(now, type).size() < of(before, type).size()) {
        forbid("remove", type, errors);
      }
    }
    if (!subresource.equals("approval")) {
      for (String type : APPROVALS) {
        List<JsonNode> is = of(now, type);
        List<JsonNode> was = of(before, type);
        if (is.size() > was.size()) {
          forbid("add", type, errors);
        } else if (is.size() == was.size() && !is.equals(was)) {
          forbid("modify", type, errors);
        }
      }
    }
    if (!Nodes.same(now.path("status"), before.path("status"), "certificate")) {
      if (!subresource.equals("status")) {
        errors.forbidden(
            FieldPath.STATUS, "certificate", "updates may not set certificate content");
      } else if (Nodes.has(before.path("status"), "certificate")) {
        errors.forbidden(
            FieldPath.STATUS, "certificate", "updates may not modify existing certificate content");
      }
    }
  }

  private static void forbid(String what, String type, FieldErrors errors) {
    errors.forbidden(
        CONDITIONS, "", "updates may not " + what + " a condition of type \"" + type + "\"");
  }

  private static List<JsonNode> of(JsonNode request, String type) {
    List<JsonNode> out = new ArrayList<>();
    for (JsonNode condition : request.path("status").path("conditions")) {
      if (Nodes.text(condition, "type").equals(type)) {
        out.add(condition);
      }
    }
    return out;
  }
}
