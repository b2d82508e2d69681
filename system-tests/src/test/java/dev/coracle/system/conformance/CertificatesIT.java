package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.hasCondition;
import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.Map;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Requests for certificates. */
@Conformance
class CertificatesIT {

  @Test
  @DisplayName(
      "[sig-auth] Certificates API [Privileged:ClusterAdmin] should support CSR API operations"
          + " [Conformance]")
  void certificates(Space space) {
    String resource = "certificatesigningrequests.certificates.k8s.io";
    String name = "conformance-" + Space.unique();
    space.create(
        Manifest.parse(
            """
            apiVersion: certificates.k8s.io/v1
            kind: CertificateSigningRequest
            metadata: {name: %s, labels: {special: %1$s}}
            spec: {signerName: example.com/e2e-%1$s, usages: [digital signature, key encipherment, server auth], request: %s}
            """
                .formatted(name, request())));
    space.atEnd(() -> space.api().send("DELETE", space.path(resource, name), "", "", Map.of()));
    assertThat(text(space.get(resource, name), "/spec/username")).isNotEmpty();
    assertThat(space.list(resource, "special=" + name)).hasSize(1);
    space.merge(resource, name, "{metadata: {annotations: {patched: 'true'}}}");
    space.edit(
        resource, name, c -> ((ObjectNode) c.at("/metadata/annotations")).put("updated", "true"));
    JsonNode approved =
        space.edit(
            resource,
            name,
            "approval",
            c ->
                ((ObjectNode) c)
                    .withObject("/status")
                    .withArray("conditions")
                    .add(
                        Manifest.parse(
                            "{type: Approved, status: 'True', reason: E2E, message: Set from an e2e"
                                + " test}")));
    assertThat(hasCondition(approved, "Approved", "True")).isTrue();
    JsonNode status =
        space.edit(
            resource,
            name,
            "status",
            c ->
                ((ObjectNode) c.get("status"))
                    .withArray("conditions")
                    .add(
                        Manifest.parse(
                            "{type: StatusUpdate, status: 'True', reason: E2E, message: m}")));
    assertThat(hasCondition(status, "StatusUpdate", "True")).isTrue();
    space.delete(resource, name);
    assertThat(space.list(resource, "special=" + name)).isEmpty();
  }

  /** A request for a certificate, in PEM and base64. */
  private static String request() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(256);
      KeyPair keys = generator.generateKeyPair();
      byte[] der =
          new JcaPKCS10CertificationRequestBuilder(
                  new X500Name("CN=e2e.example.com"), keys.getPublic())
              .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))
              .getEncoded();
      String pem =
          "-----BEGIN CERTIFICATE REQUEST-----\n"
              + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
              + "\n-----END CERTIFICATE REQUEST-----\n";
      return Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.US_ASCII));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
