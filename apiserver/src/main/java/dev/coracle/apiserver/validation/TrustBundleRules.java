package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.certificates.PemBlock;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * ClusterTrustBundles (KEP-3257). The name begins with the signer's, its slash written as a colon,
 * where there is one; anchors that do not change are not read again.
 */
final class TrustBundleRules implements KindRules {

  private static final int MOST_BYTES = 1 << 20;
  private static final String OMITTED = "<value omitted>";

  @Override
  public List<String> name(String name) {
    return List.of();
  }

  @Override
  public void check(ObjectNode bundle, FieldErrors errors) {
    check(bundle, true, errors);
  }

  @Override
  public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
    check(now, !Nodes.same(now.path("spec"), before.path("spec"), "trustBundle"), errors);
    MetaRules.immutable(
        now.path("spec"), before.path("spec"), FieldPath.SPEC, "signerName", errors);
  }

  private static void check(ObjectNode bundle, boolean reads, FieldErrors errors) {
    JsonNode spec = bundle.path("spec");
    String signer = Nodes.text(spec, "signerName");
    String name = Nodes.text(bundle.path("metadata"), "name");
    if (!name.isEmpty()) {
      errors.invalid(FieldPath.METADATA, "name", name, SignerRules.bundleName(name, signer));
    }
    if (!signer.isEmpty()) {
      SignerRules.check(signer, FieldPath.SPEC, errors);
    }
    if (reads) {
      anchors(Nodes.text(spec, "trustBundle"), errors);
    }
  }

  private static void anchors(String text, FieldErrors errors) {
    if (text.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES) {
      errors.tooLong(FieldPath.SPEC, "trustBundle", MOST_BYTES);
      return;
    }
    int before = errors.causes().size();
    Map<ByteBuffer, List<Integer>> anchors = new LinkedHashMap<>();
    int i = 0;
    for (PemBlock block : PemBlock.readable(text)) {
      String problem = problem(block);
      if (!problem.isEmpty()) {
        wrong("entry " + i + " " + problem, errors);
      } else {
        anchors.computeIfAbsent(ByteBuffer.wrap(block.content()), _ -> new ArrayList<>()).add(i);
      }
      i++;
    }
    if (errors.causes().size() > before) {
      return;
    }
    if (anchors.isEmpty()) {
      wrong("at least one trust anchor must be provided", errors);
    }
    for (List<Integer> same : anchors.values()) {
      if (same.size() > 1) {
        String indices = same.stream().map(String::valueOf).collect(Collectors.joining(" "));
        wrong("duplicate trust anchor (indices [" + indices + "])", errors);
      }
    }
  }

  private static void wrong(String detail, FieldErrors errors) {
    errors.invalid(FieldPath.SPEC, "trustBundle", OMITTED, detail);
  }

  private static String problem(PemBlock block) {
    if (!block.type().equals("CERTIFICATE")) {
      return "has bad block type: " + block.type();
    }
    if (block.hasHeaders()) {
      return "has PEM block headers";
    }
    try {
      X509Certificate certificate = IssuedCertificates.parse(block.content());
      return certificate.getBasicConstraints() < 0 ? "does not have the CA bit set" : "";
    } catch (CertificateException e) {
      return "does not parse as X.509";
    }
  }
}
