package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Signing requests through the real kubectl. */
@Tag("kubectl")
class CertificatesApiTest {

  @TempDir static Path dir;
  private static TestServer server;
  private static Kubectl kubectl;

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(dir);
    kubectl = new Kubectl(server.pki().path("admin.kubeconfig"), dir);
    server.pki().issue("jane", "/O=readers/CN=jane");
    server.pki().issue("root", "/O=system:masters/CN=root");
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private static String request(String name, String signer, String content) {
    return """
    apiVersion: certificates.k8s.io/v1
    kind: CertificateSigningRequest
    metadata: {name: %s}
    spec:
      signerName: %s
      request: %s
      expirationSeconds: 3600
      usages: ["client auth"]
    """
        .formatted(name, signer, content);
  }

  private static String csr(String name) throws Exception {
    return Base64.getEncoder().encodeToString(Files.readAllBytes(server.pki().path(name + ".csr")));
  }

  @Test
  @DisplayName(
      "[sig-auth] Certificates API [Privileged:ClusterAdmin] should support CSR API operations"
          + " [Conformance]")
  void csrOperations() throws Exception {
    kubectl.okWith(
        request("jane", "kubernetes.io/kube-apiserver-client", csr("jane")), "create", "-f", "-");
    assertThat(
            kubectl.ok("get", "csr", "jane", "-o", "jsonpath={.spec.username} {.spec.groups[0]}"))
        .isEqualTo("admin system:masters");
    assertThat(kubectl.ok("get", "csr")).contains("REQUESTOR", "60m", "Pending");
    kubectl.ok("certificate", "approve", "jane");
    assertThat(kubectl.ok("get", "csr", "jane")).contains("Approved");
    assertThat(kubectl.fails("certificate", "deny", "jane")).contains("is already Approved");
    String pem =
        Base64.getEncoder().encodeToString(Files.readAllBytes(server.pki().path("jane.crt")));
    kubectl.ok(
        "patch",
        "csr",
        "jane",
        "--subresource=status",
        "--type=merge",
        "-p",
        "{\"status\":{\"certificate\":\"" + pem + "\"}}");
    assertThat(kubectl.ok("get", "csr", "jane")).contains("Approved,Issued");
    kubectl.ok("annotate", "csr", "jane", "a=b");
    kubectl.ok(
        "get", "--raw", "/apis/certificates.k8s.io/v1/certificatesigningrequests/jane/approval");
    kubectl.ok("delete", "csr", "jane");
  }

  @Test
  void onlyApprovalApproves() throws Exception {
    kubectl.okWith(
        request("mine", "kubernetes.io/kube-apiserver-client", csr("jane")), "create", "-f", "-");
    assertThat(
            kubectl.fails(
                "patch",
                "csr",
                "mine",
                "--subresource=status",
                "--type=merge",
                "-p",
                "{\"status\":{\"conditions\":[{\"type\":\"Approved\",\"status\":\"True\"}]}}"))
        .contains("updates may not add a condition of type \"Approved\"");
    kubectl.ok("certificate", "deny", "mine");
    assertThat(kubectl.ok("get", "csr", "mine")).contains("Denied");
    kubectl.ok("delete", "csr", "mine");
  }

  @Test
  void nobodyAsksForMastersOrSendsNonsense() throws Exception {
    Kubectl.Ran ran =
        kubectl.run(
            request("root", "kubernetes.io/kube-apiserver-client", csr("root")),
            "create",
            "-f",
            "-");
    assertThat(ran.err())
        .contains(
            "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not"
                + " allowed");
    String nonsense = Base64.getEncoder().encodeToString("hello".getBytes(StandardCharsets.UTF_8));
    assertThat(kubectl.run(request("x", "example.com/s", nonsense), "create", "-f", "-").err())
        .contains("spec.request: Invalid value", "PEM block type must be CERTIFICATE REQUEST");
  }

  @Test
  void whoApprovesNeedsTheRightForTheSigner() throws Exception {
    Path jane = server.pki().kubeconfig("jane", server.server().port());
    kubectl.okWith(request("other", "example.com/s", csr("jane")), "create", "-f", "-");
    kubectl.ok(
        "create",
        "clusterrole",
        "touch",
        "--verb=get,update,patch",
        "--resource=certificatesigningrequests,certificatesigningrequests/approval");
    kubectl.ok("create", "clusterrolebinding", "touch", "--clusterrole=touch", "--user=jane");
    assertThat(
            new Kubectl(jane, dir.resolve("jane").toFile().mkdir() ? dir.resolve("jane") : dir)
                .fails("certificate", "approve", "other"))
        .contains("user not permitted to approve requests with signerName \"example.com/s\"");
    kubectl.ok("delete", "csr", "other");
  }

  @Test
  void attestingNeedsARightForTheSigner() throws Exception {
    kubectl.ok(
        "create",
        "clusterrole",
        "bundles",
        "--verb=create,get,patch",
        "--resource=clustertrustbundles.certificates.k8s.io");
    kubectl.ok("create", "clusterrolebinding", "bundles", "--clusterrole=bundles", "--user=ann");
    String bundle =
        """
        apiVersion: certificates.k8s.io/v1beta1
        kind: ClusterTrustBundle
        metadata: {name: "example.com:s:one"}
        spec:
          signerName: example.com/s
          trustBundle: |
        %s
        """
            .formatted(Files.readString(server.pki().path("ca.crt")).indent(4));
    Kubectl.Ran refused = kubectl.run(bundle, "create", "--as=ann", "-f", "-");
    assertThat(refused.err())
        .contains("user not permitted to attest for signerName \"example.com/s\"");
    kubectl.okWith(bundle, "create", "-f", "-");
    String name = "clustertrustbundle/example.com:s:one";
    assertThat(kubectl.fails("label", name, "a=b", "--as=ann")).contains("not permitted to attest");
    kubectl.ok(
        "patch",
        name,
        "--as=ann",
        "--type=merge",
        "-p",
        "{\"metadata\":{\"finalizers\":[\"example.com/f\"]}}");
    kubectl.okWith(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {name: attesters}
        rules:
        - {apiGroups: [certificates.k8s.io], resources: [signers], resourceNames: [example.com/*], verbs: [attest]}
        """,
        "create",
        "-f",
        "-");
    kubectl.ok(
        "create", "clusterrolebinding", "attesters", "--clusterrole=attesters", "--user=ann");
    kubectl.ok("label", name, "a=b", "--as=ann");
  }
}
