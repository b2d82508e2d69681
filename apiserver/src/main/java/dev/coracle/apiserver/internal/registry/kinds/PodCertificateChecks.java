package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.certificates.CertificateRequest;
import dev.coracle.api.certificates.SubjectKeyType;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.validation.ConditionRules;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.time.Instant;
import java.util.Base64;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The key of a PodCertificateRequest and the proof that the kubelet has it, and which changes its
 * status may take: one, to Issued, Denied or Failed. An issued chain is checked by {@link
 * IssuedChainChecks}.
 */
final class PodCertificateChecks {

  static final FieldPath STATUS = FieldPath.ROOT.child("status");
  private static final FieldPath CONDITIONS = STATUS.child("conditions");
  static final Set<String> ENDS = Set.of("Issued", "Denied", "Failed");
  private static final int MAX_BYTES = 10 << 10;

  private PodCertificateChecks() {}

  static void key(JsonNode spec, FieldErrors errors) {
    byte[] stub = bytes(spec, "stubPKCS10Request", errors);
    byte[] key = bytes(spec, "pkixPublicKey", errors);
    byte[] proof = bytes(spec, "proofOfPossession", errors);
    if (!errors.isEmpty()) {
      return;
    }
    if (stub.length > 0) {
      for (String old : new String[] {"pkixPublicKey", "proofOfPossession"}) {
        if (!spec.path(old).asText("").isEmpty()) {
          errors.forbidden(FieldPath.SPEC, old, "must be empty when stubPKCS10Request is set");
        }
      }
      stub(stub, errors);
    } else if (key.length == 0 && proof.length == 0) {
      errors.required(FieldPath.SPEC, "stubPKCS10Request");
    } else {
      keyAndProof(key, proof, spec.path("podUID").asText(""), errors);
    }
  }

  private static byte[] bytes(JsonNode spec, String field, FieldErrors errors) {
    try {
      byte[] value = Base64.getDecoder().decode(spec.path(field).asText(""));
      if (value.length > MAX_BYTES) {
        errors.tooLong(FieldPath.SPEC, field, MAX_BYTES);
      }
      return value;
    } catch (IllegalArgumentException e) {
      errors.invalid(FieldPath.SPEC, field, spec.path(field).asText(), "must be base64");
      return new byte[0];
    }
  }

  private static void stub(byte[] der, FieldErrors errors) {
    try {
      PublicKey key = CertificateRequest.parse(der).publicKey();
      type(key, "stubPKCS10Request", errors);
    } catch (IllegalArgumentException e) {
      errors.rejected(
          FieldPath.SPEC.child("stubPKCS10Request"),
          "must be a valid PKCS#10 request signed by its key: " + e.getMessage());
    }
  }

  private static void keyAndProof(byte[] der, byte[] proof, String podUid, FieldErrors errors) {
    PublicKey key;
    try {
      key = CertificateRequest.publicKey(der);
    } catch (IllegalArgumentException e) {
      errors.rejected(
          FieldPath.SPEC.child("pkixPublicKey"), "must be a valid PKIX-serialized public key");
      return;
    }
    if (type(key, "pkixPublicKey", errors) && !proves(key, proof, podUid)) {
      errors.rejected(
          FieldPath.SPEC.child("proofOfPossession"),
          "could not verify proof-of-possession signature");
    }
  }

  private static boolean type(PublicKey key, String field, FieldErrors errors) {
    if (SubjectKeyType.of(key).isPresent()) {
      return true;
    }
    errors.rejected(
        FieldPath.SPEC.child(field),
        switch (key.getAlgorithm()) {
          case "RSA" -> "RSA keys must have modulus size 3072 or 4096";
          case "EC" -> "elliptic public keys must use curve P256, P384 or P521";
          default -> "unknown public key type; supported types are Ed25519, ECDSA, and RSA";
        });
    return false;
  }

  /** A signature of the pod's UID; RSA's is PSS with a salt of either length that signers use. */
  private static boolean proves(PublicKey key, byte[] proof, String podUid) {
    byte[] signed = podUid.getBytes(StandardCharsets.US_ASCII);
    return switch (key.getAlgorithm()) {
      case "RSA" -> {
        int size = (SubjectKeyType.of(key).orElseThrow() == SubjectKeyType.RSA3072 ? 3072 : 4096);
        yield verify("RSASSA-PSS", pss(size / 8 - 34), key, proof, signed)
            || verify("RSASSA-PSS", pss(32), key, proof, signed);
      }
      case "EC" -> verify("SHA256withECDSA", null, key, proof, signed);
      default -> verify("Ed25519", null, key, proof, signed);
    };
  }

  private static PSSParameterSpec pss(int salt) {
    return new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, salt, 1);
  }

  private static boolean verify(
      String algorithm,
      @Nullable PSSParameterSpec parameters,
      PublicKey key,
      byte[] proof,
      byte[] signed) {
    try {
      Signature check = Signature.getInstance(algorithm);
      if (parameters != null) {
        check.setParameter(parameters);
      }
      check.initVerify(key);
      check.update(signed);
      return check.verify(proof);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** What a write of the status may not do. */
  static void status(ObjectNode now, KubeObject before, Instant time, FieldErrors errors) {
    JsonNode is = now.path("status");
    conditions(is.path("conditions"), errors);
    if (!errors.isEmpty()) {
      return;
    }
    if (!end(before.at("status")).isEmpty()) {
      if (statusChanges(now, before)) {
        errors.rejected(
            STATUS, "immutable after PodCertificateRequest is issued, denied, or failed");
      }
      return;
    }
    switch (end(is)) {
      case "Issued" -> IssuedChainChecks.check(before.at("spec"), is, time, errors);
      case "Denied", "Failed" -> {
        if (is.size() > 1) {
          errors.rejected(
              STATUS,
              "non-condition status fields must be empty when denying or failing the"
                  + " PodCertificateRequest");
        }
      }
      default -> {
        if (statusChanges(now, before)) {
          errors.rejected(
              STATUS,
              "status is immutable unless transitioning to \"Issued\", \"Denied\", or \"Failed\"");
        }
      }
    }
  }

  static boolean statusChanges(ObjectNode now, KubeObject before) {
    JsonNode is = now.path("status");
    JsonNode was = before.at("status");
    return !(is.isEmpty() && was.isEmpty()) && !is.equals(was);
  }

  /** The condition that ended a request; empty while it is pending. */
  private static String end(JsonNode status) {
    for (JsonNode condition : status.path("conditions")) {
      String type = condition.path("type").asText("");
      if (ENDS.contains(type) && condition.path("status").asText("").equals("True")) {
        return type;
      }
    }
    return "";
  }

  private static void conditions(JsonNode conditions, FieldErrors errors) {
    int i = 0;
    int ends = 0;
    for (JsonNode condition : conditions) {
      FieldPath at = CONDITIONS.index(i++);
      String type = condition.path("type").asText("");
      if (!ENDS.contains(type)) {
        errors.unsupported(at, "type", type, ENDS);
        continue;
      }
      if (ends++ > 0) {
        errors.invalid(
            at,
            "type",
            type,
            "There may be at most one condition with type \"Issued\", \"Denied\", or \"Failed\"");
      }
      String status = condition.path("status").asText("");
      if (!status.equals("True")) {
        errors.unsupported(at, "status", status, Set.of("True"));
      }
    }
    ConditionRules.check(conditions, CONDITIONS, errors);
  }

  /** The key that the certificate has to be for. */
  static PublicKey subject(JsonNode spec) {
    String stub = spec.path("stubPKCS10Request").asText("");
    return stub.isEmpty()
        ? CertificateRequest.publicKey(
            Base64.getDecoder().decode(spec.path("pkixPublicKey").asText("")))
        : Objects.requireNonNull(
            CertificateRequest.parse(Base64.getDecoder().decode(stub)).publicKey());
  }
}
