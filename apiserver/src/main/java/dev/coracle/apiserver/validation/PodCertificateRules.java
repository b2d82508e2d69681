package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.certificates.SubjectKeyType;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * PodCertificateRequests, and the podCertificate sources of projected volumes that ask for them
 * (KEP-4317). What needs keys and certificates is checked by the kind's strategy.
 */
final class PodCertificateRules implements KindRules {

  private static final int SHORTEST = 3600;
  private static final int LONGEST = 91 * 86_400;
  private static final int LONGEST_OF_KUBERNETES = 86_400;
  private static final int MAX_UID = 128;
  private static final int MAX_ANNOTATIONS = 256 << 10;
  private static final List<String> PATHS =
      List.of("credentialBundlePath", "keyPath", "certificateChainPath");

  @Override
  public void check(ObjectNode request, FieldErrors errors) {
    JsonNode spec = request.path("spec");
    SignerRules.check(Nodes.text(spec, "signerName"), FieldPath.SPEC, errors);
    annotations(
        spec.path("unverifiedUserAnnotations"),
        FieldPath.SPEC.child("unverifiedUserAnnotations"),
        errors);
    for (String name : new String[] {"podName", "serviceAccountName", "nodeName"}) {
      errors.invalid(
          FieldPath.SPEC,
          name,
          Nodes.text(spec, name),
          NameRules.dnsSubdomain(Nodes.text(spec, name)));
    }
    for (String uid : new String[] {"podUID", "serviceAccountUID", "nodeUID"}) {
      String value = Nodes.text(spec, uid);
      if (value.isEmpty()) {
        errors.invalid(FieldPath.SPEC, uid, "", "must not be empty");
      } else if (value.length() > MAX_UID) {
        errors.tooLong(FieldPath.SPEC, uid, MAX_UID);
      }
    }
    if (!Nodes.set(spec, "maxExpirationSeconds")) {
      errors.required(FieldPath.SPEC, "maxExpirationSeconds", "must be set");
      return;
    }
    expiration(spec, FieldPath.SPEC, errors);
  }

  @Override
  public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
    MetaRules.immutable(now, before, FieldPath.ROOT, "spec", errors);
  }

  /**
   * One source of a projected volume.
   *
   * @param taken the paths of the volume's podCertificate sources before
   */
  static void source(JsonNode source, FieldPath path, Set<String> taken, FieldErrors errors) {
    SignerRules.check(Nodes.text(source, "signerName"), path, errors);
    String keyType = Nodes.text(source, "keyType");
    if (SubjectKeyType.named(keyType).isEmpty()) {
      errors.unsupported(
          path,
          "keyType",
          keyType,
          Arrays.stream(SubjectKeyType.values()).map(SubjectKeyType::name).toList());
    }
    if (Nodes.set(source, "maxExpirationSeconds")) {
      expiration(source, path, errors);
    }
    int paths = 0;
    for (String field : PATHS) {
      String file = Nodes.text(source, field);
      if (file.isEmpty()) {
        continue;
      }
      paths++;
      VolumeRules.localPath(file, path, field, errors);
      if (!taken.add(file)) {
        errors.invalid(path, field, file, "conflicting duplicate paths");
      }
    }
    if (paths == 0) {
      errors.required(path, "", "specify at least one of " + String.join(", ", PATHS));
    }
    annotations(source.path("userAnnotations"), path.child("userAnnotations"), errors);
  }

  private static void expiration(JsonNode in, FieldPath path, FieldErrors errors) {
    boolean own = ofKubernetes(Nodes.text(in, "signerName"));
    int longest = own ? LONGEST_OF_KUBERNETES : LONGEST;
    int seconds = in.path("maxExpirationSeconds").asInt();
    if (seconds < SHORTEST || seconds > longest) {
      errors.invalid(
          path,
          "maxExpirationSeconds",
          seconds,
          "must be in the range [" + SHORTEST + ", " + longest + "]");
    }
  }

  private static boolean ofKubernetes(String signer) {
    String host = signer.substring(0, Math.max(0, signer.indexOf('/')));
    return host.equals("kubernetes.io") || host.endsWith(".kubernetes.io");
  }

  private static void annotations(JsonNode annotations, FieldPath path, FieldErrors errors) {
    long[] size = {0};
    annotations.forEachEntry((name, value) -> {
      String key = name.toLowerCase(Locale.ROOT);
      size[0] += name.length() + value.asText().length();
      List<String> why = NameRules.qualifiedName(key);
      if (!why.isEmpty()) {
        errors.invalid(path, "", key, why);
      } else if (key.indexOf('/') < 0) {
        errors.invalid(path, "", key, "must be a domain-prefixed key (such as \"acme.io/foo\")");
      }
    });
    if (size[0] > MAX_ANNOTATIONS) {
      errors.tooLong(path, "", MAX_ANNOTATIONS);
    }
  }
}
