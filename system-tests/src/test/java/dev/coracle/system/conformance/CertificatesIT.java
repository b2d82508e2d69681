package dev.coracle.system.conformance;

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

  private static final String CSRS = "certificatesigningrequests.certificates.k8s.io";

  @Test
  @DisplayName(
      "[sig-auth] Certificates API [Privileged:ClusterAdmin] should support CSR API operations"
          + " [Conformance]")
  void certificates(Space space) {
    discovered(space);
    String signer = "example.com/e2e-" + Space.unique();
    space.atEnd(() -> space.api().send("DELETE", signedBy(space, signer), "", "", Map.of()));
    String template =
        """
        apiVersion: certificates.k8s.io/v1
        kind: CertificateSigningRequest
        metadata: {generateName: e2e-example-csr-}
        spec: {signerName: %s, expirationSeconds: 3600, usages: [digital signature, key encipherment, server auth], request: %s}
        """
            .formatted(signer, request());
    space.create(Manifest.parse(template));
    space.create(Manifest.parse(template));
    JsonNode created = space.create(Manifest.parse(template));
    String name = text(created, "/metadata/name");
    assertThat(name).startsWith("e2e-example-csr-");
    JsonNode found = space.get(CSRS, name);
    assertThat(text(found, "/metadata/uid")).isEqualTo(text(created, "/metadata/uid"));
    assertThat(found.at("/spec/expirationSeconds").asInt()).isEqualTo(3600);
    assertThat(text(found, "/spec/username")).isNotEmpty();
    JsonNode three = space.api().get(signedBy(space, signer)).ok();
    assertThat(Space.items(three)).hasSize(3);

    try (Watcher watcher =
        space.watch(
            CSRS,
            "&resourceVersion="
                + text(three, "/metadata/resourceVersion")
                + "&fieldSelector="
                + Space.encode("metadata.name=" + name))) {
      JsonNode patched = space.merge(CSRS, name, "{metadata: {annotations: {patched: 'true'}}}");
      assertThat(text(patched, "/metadata/annotations/patched")).isEqualTo("true");
      JsonNode updated =
          space.edit(
              CSRS, name, c -> ((ObjectNode) c.at("/metadata/annotations")).put("updated", "true"));
      assertThat(text(updated, "/metadata/annotations/updated")).isEqualTo("true");
      JsonNode first = watcher.expect("MODIFIED", name);
      assertThat(text(first, "/object/metadata/annotations/patched")).isEqualTo("true");
      JsonNode second = watcher.expect("MODIFIED", name);
      assertThat(text(second, "/object/metadata/annotations/updated")).isEqualTo("true");
    }
    approval(space, created);
    status(space, created);

    space.delete(CSRS, name);
    space.api().get(space.path(CSRS, name)).refused(404);
    assertThat(Space.items(space.api().get(signedBy(space, signer)).ok())).hasSize(2);
    space.api().send("DELETE", signedBy(space, signer), "", "", Map.of()).ok();
    assertThat(Space.items(space.api().get(signedBy(space, signer)).ok())).isEmpty();
  }

  private static String signedBy(Space space, String signer) {
    return space.path(CSRS) + "?fieldSelector=" + Space.encode("spec.signerName=" + signer);
  }

  private static void discovered(Space space) {
    JsonNode groups = space.api().get("/apis").ok();
    assertThat(groups.path("groups").findValuesAsText("name")).contains("certificates.k8s.io");
    JsonNode group = space.api().get("/apis/certificates.k8s.io").ok();
    assertThat(group.path("versions").findValuesAsText("version")).contains("v1");
    JsonNode resources = space.api().get("/apis/certificates.k8s.io/v1").ok();
    assertThat(resources.path("resources").findValuesAsText("name"))
        .contains(
            "certificatesigningrequests",
            "certificatesigningrequests/approval",
            "certificatesigningrequests/status");
    for (JsonNode resource : resources.path("resources")) {
      String verbs = resource.path("verbs").toString();
      switch (text(resource, "/name")) {
        case "certificatesigningrequests" ->
            assertThat(verbs)
                .contains(
                    "create",
                    "get",
                    "list",
                    "watch",
                    "update",
                    "patch",
                    "delete",
                    "deletecollection");
        case "certificatesigningrequests/approval", "certificatesigningrequests/status" ->
            assertThat(verbs).contains("get", "update", "patch");
        default -> {}
      }
    }
  }

  private static void isThe(JsonNode created, JsonNode found) {
    assertThat(text(found, "/kind")).isEqualTo("CertificateSigningRequest");
    assertThat(text(found, "/apiVersion")).isEqualTo("certificates.k8s.io/v1");
    assertThat(text(found, "/metadata/uid")).isEqualTo(text(created, "/metadata/uid"));
  }

  private static void approval(Space space, JsonNode created) {
    String name = text(created, "/metadata/name");
    String path = space.path(CSRS, name) + "/approval";
    isThe(created, space.api().get(path).ok());
    JsonNode patched =
        space
            .tryPatch(
                path,
                "application/merge-patch+json",
                "{metadata: {annotations: {patchedapproval: 'true'}}, status: {conditions: [{type:"
                    + " ApprovalPatch, status: 'True', reason: e2e}]}}")
            .ok();
    assertThat(patched.at("/status/conditions")).hasSize(1);
    assertThat(text(patched, "/status/conditions/0/type")).isEqualTo("ApprovalPatch");
    assertThat(text(patched, "/metadata/annotations/patchedapproval")).isEqualTo("true");
    JsonNode approved =
        space.edit(
            CSRS,
            name,
            "approval",
            c ->
                c.withObject("/status")
                    .withArray("conditions")
                    .add(
                        Manifest.parse(
                            "{type: Approved, status: 'True', reason: E2E, message: Set from an e2e"
                                + " test}")));
    assertThat(approved.at("/status/conditions")).hasSize(2);
    assertThat(text(approved, "/status/conditions/1/type")).isEqualTo("Approved");
  }

  private static void status(Space space, JsonNode created) {
    String name = text(created, "/metadata/name");
    String path = space.path(CSRS, name) + "/status";
    isThe(created, space.api().get(path).ok());
    String certificate = text(space.get("configmaps", "kube-root-ca.crt"), "/data/ca.crt");
    String encoded =
        Base64.getEncoder().encodeToString(certificate.getBytes(StandardCharsets.US_ASCII));
    JsonNode patched =
        space
            .tryPatch(
                path,
                "application/merge-patch+json",
                "{metadata: {annotations: {patchedstatus: 'true'}}, status: {certificate: "
                    + encoded
                    + "}}")
            .ok();
    assertThat(text(patched, "/status/certificate")).isEqualTo(encoded);
    assertThat(text(patched, "/metadata/annotations/patchedstatus")).isEqualTo("true");
    JsonNode updated =
        space.edit(
            CSRS,
            name,
            "status",
            c ->
                ((ObjectNode) c.get("status"))
                    .withArray("conditions")
                    .add(
                        Manifest.parse(
                            "{type: StatusUpdate, status: 'True', reason: E2E, message: Set from an"
                                + " e2e test}")));
    assertThat(updated.at("/status/conditions")).hasSize(3);
    assertThat(text(updated, "/status/conditions/2/type")).isEqualTo("StatusUpdate");
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
