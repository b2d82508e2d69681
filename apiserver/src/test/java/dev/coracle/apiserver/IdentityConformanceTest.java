package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What [sig-auth] asks of the API alone, through the real kubectl. */
@Tag("kubectl")
class IdentityConformanceTest {

  @TempDir static Path dir;
  private static TestServer server;
  private static Kubectl kubectl;

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(dir);
    kubectl = new Kubectl(server.pki().path("admin.kubeconfig"), dir);
    kubectl.ok("create", "serviceaccount", "default");
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private static JsonNode create(String yaml) {
    return Json.parse(kubectl.okWith(yaml, "create", "-o", "json", "-f", "-"));
  }

  private static JsonNode review(String token) {
    return create(
            """
            apiVersion: authentication.k8s.io/v1
            kind: TokenReview
            metadata: {generateName: any}
            spec: {token: "%s"}
            """
                .formatted(token))
        .path("status");
  }

  private static String pod(String name) {
    return """
    apiVersion: v1
    kind: Pod
    metadata: {name: %s}
    spec: {containers: [{name: c, image: i}], terminationGracePeriodSeconds: 0}
    """
        .formatted(name);
  }

  @Test
  @DisplayName("[sig-auth] SubjectReview should support SubjectReview API operations [Conformance]")
  void subjectReviews() {
    kubectl.ok("create", "role", "look", "--verb=get,list", "--resource=configmaps");
    kubectl.ok("create", "rolebinding", "look", "--role=look", "--user=jane");
    String spec =
        """
        spec:
          user: jane
          resourceAttributes: {namespace: default, verb: %s, resource: configmaps}
        """;
    String access = "apiVersion: authorization.k8s.io/v1\nkind: SubjectAccessReview\n" + spec;
    assertThat(create(access.formatted("list")).path("status").path("allowed").asBoolean())
        .isTrue();
    assertThat(create(access.formatted("delete")).path("status").path("allowed").asBoolean(false))
        .isFalse();
    String local =
        "apiVersion: authorization.k8s.io/v1\nkind: LocalSubjectAccessReview\n"
            + "metadata: {namespace: default}\n"
            + spec;
    assertThat(create(local.formatted("get")).path("status").path("allowed").asBoolean()).isTrue();
    assertThat(kubectl.ok("auth", "can-i", "get", "configmaps", "--as=jane")).contains("yes");
    assertThat(kubectl.run("", "auth", "can-i", "get", "secrets", "--as=jane").out())
        .contains("no");
    assertThat(kubectl.ok("auth", "can-i", "--list", "--as=jane"))
        .contains("configmaps", "[get list]", "selfsubjectreviews.authentication.k8s.io");
    assertThat(kubectl.ok("auth", "whoami", "--as=jane", "--as-group=readers"))
        .contains("jane", "readers", "system:authenticated");
  }

  @Test
  @DisplayName(
      "[sig-auth] ServiceAccounts should create a serviceAccountToken and ensure a successful"
          + " TokenReview [Conformance]")
  void tokensAndTheirReview() {
    String token = kubectl.ok("create", "token", "default", "--duration=20m").strip();
    JsonNode status = review(token);
    assertThat(status.path("authenticated").asBoolean()).isTrue();
    assertThat(status.path("user").path("username").asText())
        .isEqualTo("system:serviceaccount:default:default");
    assertThat(status.path("user").path("groups").toString())
        .contains("system:serviceaccounts:default");
    assertThat(review(token + "x").path("authenticated").asBoolean(false)).isFalse();
    String other = kubectl.ok("create", "token", "default", "--audience=elsewhere").strip();
    assertThat(review(other).path("authenticated").asBoolean(false))
        .as("it is for somebody else")
        .isFalse();
  }

  @Test
  void aTokenBoundToAPodEndsWithThePod() {
    kubectl.okWith(pod("bound"), "create", "-f", "-");
    String token =
        kubectl
            .ok(
                "create",
                "token",
                "default",
                "--bound-object-kind=Pod",
                "--bound-object-name=bound")
            .strip();
    JsonNode user = review(token).path("user");
    assertThat(user.path("extra").path("authentication.kubernetes.io/pod-name").toString())
        .isEqualTo("[\"bound\"]");
    kubectl.ok("delete", "pod", "bound", "--wait=true");
    assertThat(review(token).path("authenticated").asBoolean(false)).isFalse();
    kubectl.okWith(pod("bound"), "create", "-f", "-");
    assertThat(review(token).path("authenticated").asBoolean(false))
        .as("another pod of the same name is another pod")
        .isFalse();
  }

  @Test
  @DisplayName(
      "[sig-auth] ServiceAccounts ServiceAccountIssuerDiscovery should support OIDC discovery of"
          + " service account issuer [Conformance]")
  void issuerDiscovery() {
    JsonNode document = Json.parse(kubectl.ok("get", "--raw", "/.well-known/openid-configuration"));
    JsonNode keys = Json.parse(kubectl.ok("get", "--raw", "/openid/v1/jwks")).path("keys");
    String token = kubectl.ok("create", "token", "default").strip();
    String[] parts = token.split("\\.");
    JsonNode header =
        Json.parse(new String(Base64.getUrlDecoder().decode(parts[0]), StandardCharsets.UTF_8));
    JsonNode claims =
        Json.parse(new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8));
    assertThat(document.path("issuer")).isEqualTo(claims.path("iss"));
    assertThat(document.path("id_token_signing_alg_values_supported").toString())
        .contains(header.path("alg").asText());
    assertThat(keys.findValuesAsText("kid")).contains(header.path("kid").asText());
  }

  @Test
  @DisplayName(
      "[sig-auth] ServiceAccounts should run through the lifecycle of a ServiceAccount"
          + " [Conformance]")
  void lifecycle() {
    kubectl.okWith(
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: life, labels: {a: b}}\n",
        "create",
        "-f",
        "-");
    kubectl.ok("patch", "serviceaccount", "life", "-p", "{\"automountServiceAccountToken\":false}");
    assertThat(
            kubectl.ok(
                "get",
                "sa",
                "-A",
                "-l",
                "a=b",
                "-o",
                "jsonpath={.items[*].automountServiceAccountToken}"))
        .isEqualTo("false");
    kubectl.ok("delete", "serviceaccounts", "-l", "a=b");
    assertThat(kubectl.ok("get", "sa", "-l", "a=b", "-o", "name")).isEmpty();
  }

  @Test
  @DisplayName("[sig-auth] ServiceAccounts should update a ServiceAccount [Conformance]")
  void update() {
    kubectl.ok("create", "serviceaccount", "changing");
    String json = kubectl.ok("get", "sa", "changing", "-o", "json");
    kubectl.okWith(
        Json.parseObject(json).put("automountServiceAccountToken", false).toString(),
        "replace",
        "-f",
        "-");
    assertThat(
            kubectl.ok("get", "sa", "changing", "-o", "jsonpath={.automountServiceAccountToken}"))
        .isEqualTo("false");
  }

  /** A WebSocket begins with a GET, and must not be allowed more for that. */
  @Test
  void goingIntoAPodTakesThePermissionToCreate() {
    kubectl.ok("create", "clusterrole", "peeper", "--verb=get", "--resource=pods/exec,pods/log");
    kubectl.ok("create", "clusterrolebinding", "peeper", "--clusterrole=peeper", "--user=pete");
    String pod = "/api/v1/namespaces/default/pods/none/";
    assertThat(kubectl.fails("get", "--raw", pod + "exec?command=a", "--as=pete"))
        .contains("User \"pete\" cannot create resource \"pods/exec\" in API group \"\"");
    assertThat(kubectl.fails("get", "--raw", pod + "log", "--as=pete"))
        .contains("pods \"none\" not found");
  }

  @Test
  void nobodyGivesAwayMoreThanTheyHave() {
    kubectl.ok(
        "create",
        "clusterrole",
        "giver",
        "--verb=create,get,patch",
        "--resource=roles.rbac.authorization.k8s.io,rolebindings.rbac.authorization.k8s.io");
    kubectl.ok("create", "clusterrolebinding", "giver", "--clusterrole=giver", "--user=greta");
    assertThat(
            kubectl.fails(
                "create", "role", "more", "--verb=get", "--resource=secrets", "--as=greta"))
        .contains("attempting to grant RBAC permissions not currently held");
    assertThat(
            kubectl.fails(
                "create",
                "rolebinding",
                "more",
                "--clusterrole=cluster-admin",
                "--user=greta",
                "--as=greta"))
        .contains("attempting to grant RBAC permissions not currently held");
    kubectl.ok("create", "rolebinding", "large", "--clusterrole=cluster-admin", "--user=x");
    assertThat(kubectl.fails("label", "rolebinding", "large", "a=b", "--as=greta"))
        .contains("attempting to grant RBAC permissions not currently held");
    kubectl.ok(
        "patch",
        "rolebinding",
        "large",
        "--as=greta",
        "--type=merge",
        "-p",
        "{\"metadata\":{\"finalizers\":[\"example.com/f\"]}}");
  }
}
