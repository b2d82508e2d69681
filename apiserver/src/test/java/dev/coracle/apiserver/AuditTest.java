package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.apiserver.config.ApiServerOptions.Identity;
import dev.coracle.apiserver.config.AuditOptions;
import dev.coracle.apiserver.config.SecurityOptions;
import dev.coracle.apiserver.internal.authn.ServiceAccountTokens;
import dev.coracle.apiserver.internal.authn.TokenKey;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the log says of requests of the real kubectl. */
@Tag("kubectl")
class AuditTest {

  private static final String POLICY =
      """
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitManagedFields: true
      rules:
      - level: Metadata
        resources: [{group: "", resources: [secrets, serviceaccounts/token]}]
      - level: RequestResponse
        verbs: [create, patch, delete, get]
        resources: [{group: "", resources: [configmaps, pods]}]
      - level: Metadata
        verbs: [watch]
      - level: None
      """;

  @TempDir static Path dir;
  private static final MemoryStore STORE = new MemoryStore();
  private static TestServer server;
  private static Kubectl kubectl;

  @BeforeAll
  static void start() throws Exception {
    Files.writeString(dir.resolve("policy.yaml"), POLICY);
    AuditOptions audit = AuditOptions.logging(dir.resolve("policy.yaml"), dir.resolve("audit.log"));
    server = new TestServer(dir, STORE, SecurityOptions.DEFAULT.withAudit(audit));
    kubectl = new Kubectl(server.pki().path("admin.kubeconfig"), dir);
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private static JsonNode event(String verb, String stage, Predicate<JsonNode> more) {
    return await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                lines().stream()
                    .filter(e -> e.path("verb").asText().equals(verb))
                    .filter(e -> e.path("stage").asText().equals(stage))
                    .filter(more)
                    .findFirst(),
            java.util.Optional::isPresent)
        .orElseThrow();
  }

  private static List<JsonNode> lines() {
    try {
      return Files.readAllLines(dir.resolve("audit.log")).stream()
          .filter(l -> l.endsWith("}"))
          .map(l -> (JsonNode) Json.parse(l))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Predicate<JsonNode> of(String resource) {
    return e -> e.path("objectRef").path("resource").asText().equals(resource);
  }

  @Test
  void anEventSaysWhoDidWhatWithWhatResult() {
    kubectl.ok("create", "configmap", "seen", "--from-literal=a=b");
    JsonNode event =
        event(
            "create",
            "ResponseComplete",
            of("configmaps").and(e -> e.path("userAgent").asText().startsWith("kubectl")));
    assertThat(event.path("level").asText()).isEqualTo("RequestResponse");
    assertThat(event.path("user").path("username").asText()).isEqualTo("admin");
    assertThat(event.path("sourceIPs").path(0).asText()).isEqualTo("127.0.0.1");
    assertThat(event.path("userAgent").asText()).startsWith("kubectl/");
    assertThat(event.path("objectRef").path("namespace").asText()).isEqualTo("default");
    assertThat(event.path("responseStatus").path("code").asInt()).isEqualTo(201);
    assertThat(event.path("requestObject").path("data").path("a").asText())
        .as("kubectl sends protobuf")
        .isEqualTo("b");
    assertThat(event.path("responseObject").path("metadata").path("uid").asText()).isNotEmpty();
    assertThat(event.path("responseObject").path("metadata").has("managedFields")).isFalse();
    assertThat(event.path("annotations").path("authorization.k8s.io/decision").asText())
        .isEqualTo("allow");
  }

  @Test
  void aTokenThatIsIssuedIsNamed() {
    kubectl.ok("create", "serviceaccount", "issued");
    String token = kubectl.ok("create", "token", "issued").strip();
    JsonNode claims = Json.parse(Base64.getUrlDecoder().decode(token.split("\\.")[1]));
    JsonNode event =
        event(
            "create",
            "ResponseComplete",
            e -> e.path("objectRef").path("subresource").asText().equals("token"));
    assertThat(
            event
                .path("annotations")
                .path("authentication.kubernetes.io/issued-credential-id")
                .asText())
        .isEqualTo("JTI=" + claims.path("jti").asText());
  }

  @Test
  void whoComesWithATokenThatItShouldHaveReplacedIsTold() throws Exception {
    kubectl.ok("create", "serviceaccount", "late");
    KubeObject account =
        STORE
            .get(new GroupResource("", "serviceaccounts"), new NamespacedName("default", "late"))
            .await()
            .indefinitely();
    String issuer = Identity.of(dir).issuer();
    ServiceAccountTokens before =
        new ServiceAccountTokens(
            TokenKey.read(server.pki().path("sa.key")),
            issuer,
            STORE,
            Clock.offset(Clock.systemUTC(), Duration.ofHours(-2)),
            new SimpleMeterRegistry());
    String token =
        before
            .issue(account, List.of(issuer), List.of(), 3600, true)
            .await()
            .indefinitely()
            .token();
    HttpClientAgent client =
        server
            .vertx()
            .createHttpClient(
                new HttpClientOptions()
                    .setSsl(true)
                    .setTrustOptions(
                        new PemTrustOptions().addCertPath(server.pki().path("ca.crt").toString())));
    int code =
        client
            .request(
                HttpMethod.GET,
                server.server().port(),
                "127.0.0.1",
                "/api/v1/namespaces/default/configmaps/late")
            .compose(request -> request.putHeader("Authorization", "Bearer " + token).send())
            .map(response -> response.statusCode())
            .await(10, TimeUnit.SECONDS);
    assertThat(code).isEqualTo(403);
    JsonNode event =
        event(
            "get",
            "ResponseComplete",
            e -> e.path("objectRef").path("name").asText().equals("late"));
    assertThat(event.path("annotations").path("authentication.k8s.io/stale-token").asText())
        .matches(
            "subject: system:serviceaccount:default:late, seconds after warning threshold: 36[0-9]{2}");
  }

  @Test
  void theObjectIsNamedAndTheAnswerTold() {
    kubectl.ok("create", "configmap", "named", "--from-literal=a=b");
    String uid = kubectl.ok("get", "configmap", "named", "-o", "jsonpath={.metadata.uid}");
    Predicate<JsonNode> named =
        of("configmaps").and(e -> e.path("objectRef").path("name").asText().equals("named"));
    assertThat(event("create", "ResponseComplete", named).path("responseStatus").path("code"))
        .as("the path of a create has no name")
        .hasToString("201");
    kubectl.ok("delete", "configmap", "named");
    JsonNode deleted = event("delete", "ResponseComplete", named).path("responseStatus");
    assertThat(deleted.path("status").asText()).isEqualTo("Success");
    assertThat(deleted.at("/details/uid").asText()).isEqualTo(uid);
    kubectl.fails("delete", "configmap", "named");
    JsonNode missing =
        event(
                "delete",
                "ResponseComplete",
                named.and(e -> e.at("/responseStatus/code").asInt() == 404))
            .path("responseStatus");
    assertThat(missing.at("/details/name").asText()).isEqualTo("named");
    assertThat(missing.at("/details/kind").asText()).isEqualTo("configmaps");
  }

  @Test
  void badCredentialsAreToldOfWhenTheyAreAnswered() throws Exception {
    String admin = Files.readString(server.pki().path("admin.kubeconfig"));
    Matcher url = Pattern.compile("https://[^\"\\s]+").matcher(admin);
    assertThat(url.find()).isTrue();
    Files.writeString(
        Files.createDirectories(dir.resolve("stranger")).resolve("kubeconfig"),
        """
        apiVersion: v1
        kind: Config
        current-context: c
        clusters: [{name: c, cluster: {server: "%s", insecure-skip-tls-verify: true}}]
        contexts: [{name: c, context: {cluster: c, user: u}}]
        users: [{name: u, user: {token: not.a.token}}]
        """
            .formatted(url.group()));
    new Kubectl(dir.resolve("stranger/kubeconfig"), dir.resolve("stranger"))
        .fails("get", "--raw", "/api/v1/namespaces/default/configmaps/stranger");
    Predicate<JsonNode> stranger =
        of("configmaps").and(e -> e.path("objectRef").path("name").asText().equals("stranger"));
    JsonNode event = event("get", "ResponseStarted", stranger);
    assertThat(event.path("user").isEmpty()).isTrue();
    assertThat(event.at("/responseStatus/code").asInt()).isEqualTo(401);
    assertThat(event.at("/responseStatus/reason").asText()).isEqualTo("Unauthorized");
    assertThat(event.at("/responseObject/kind").asText()).isEqualTo("Status");
    assertThat(lines().stream().filter(stranger)).hasSize(1);
  }

  @Test
  void podSecurityTellsWhichPolicyHeldAndWhatItWouldNot() {
    kubectl.okWith(
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: held, labels: {pod-security.kubernetes.io/audit: baseline}}
        """,
        "create",
        "-f",
        "-");
    kubectl.ok("create", "serviceaccount", "default", "-n", "held");
    kubectl.okWith(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: host, namespace: held}
        spec: {hostNetwork: true, containers: [{name: c, image: i}]}
        """,
        "create",
        "-f",
        "-");
    JsonNode told =
        event(
                "create",
                "ResponseComplete",
                of("pods").and(e -> e.at("/objectRef/namespace").asText().equals("held")))
            .path("annotations");
    assertThat(told.path("pod-security.kubernetes.io/enforce-policy").asText())
        .isEqualTo("privileged:latest");
    assertThat(told.path("pod-security.kubernetes.io/audit-violations").asText())
        .startsWith("would violate PodSecurity \"baseline:latest\": ");
  }

  @Test
  void aSecretsContentStaysOut() throws Exception {
    kubectl.ok("create", "secret", "generic", "quiet", "--from-literal=word=hush");
    JsonNode event = event("create", "ResponseComplete", of("secrets"));
    assertThat(event.path("level").asText()).isEqualTo("Metadata");
    assertThat(Files.readString(dir.resolve("audit.log"))).doesNotContain("aHVzaA==", "hush");
  }

  @Test
  void impersonationAndRefusalAreTold() {
    kubectl.fails("get", "configmap", "none", "--as=jane");
    JsonNode event =
        event("get", "ResponseComplete", e -> e.path("impersonatedUser").has("username"));
    assertThat(event.path("user").path("username").asText()).isEqualTo("admin");
    assertThat(event.path("impersonatedUser").path("username").asText()).isEqualTo("jane");
    assertThat(event.path("responseStatus").path("code").asInt()).isEqualTo(403);
    assertThat(event.path("responseStatus").path("reason").asText()).isEqualTo("Forbidden");
    assertThat(event.path("annotations").path("authorization.k8s.io/decision").asText())
        .isEqualTo("forbid");
  }

  @Test
  void callsFromInsideOfTheProcessAreToldOfToo() {
    UserInfo component =
        new UserInfo("system:kube-scheduler", "", List.of("system:masters"), java.util.Map.of());
    ApiCalls calls = server.server().callsAs(component);
    KubeObject map =
        KubeObject.create(
            new GroupVersionKind("", "v1", "ConfigMap"),
            "default",
            "inside",
            o -> o.putObject("data").put("c", "d"));
    calls
        .create(Resources.CONFIG_MAPS, "default", map, WriteOptions.NONE)
        .await()
        .atMost(Duration.ofSeconds(30));
    JsonNode event =
        event(
            "create",
            "ResponseComplete",
            e -> e.path("userAgent").asText().equals("kube-scheduler"));
    assertThat(event.path("user").path("username").asText()).isEqualTo("system:kube-scheduler");
    assertThat(event.path("requestURI").asText())
        .isEqualTo("/api/v1/namespaces/default/configmaps");
    assertThat(event.path("requestObject").path("data").path("c").asText()).isEqualTo("d");
    assertThat(event.path("responseObject").path("metadata").path("uid").asText()).isNotEmpty();
    assertThat(event.path("responseStatus").path("code").asInt()).isEqualTo(201);
    ApiCalls nobody =
        server.server().callsAs(new UserInfo("system:nobody", "", List.of(), java.util.Map.of()));
    assertThatThrownBy(() ->
            nobody
                .get(Resources.CONFIG_MAPS, "default", "inside")
                .await()
                .atMost(Duration.ofSeconds(30)))
        .hasMessageContaining("forbidden");
    JsonNode refused =
        event("get", "ResponseComplete", e -> e.path("userAgent").asText().equals("nobody"));
    assertThat(refused.path("responseStatus").path("code").asInt()).isEqualTo(403);
    assertThat(refused.path("annotations").path("authorization.k8s.io/decision").asText())
        .isEqualTo("forbid");
  }

  @Test
  void aWatchIsToldOfWhenItBeginsAndWhenItEnds() {
    kubectl.ok("get", "--raw", "/api/v1/namespaces/default/services?watch=1&timeoutSeconds=1");
    JsonNode began = event("watch", "ResponseStarted", of("services"));
    JsonNode ended = event("watch", "ResponseComplete", of("services"));
    assertThat(began.path("auditID")).isEqualTo(ended.path("auditID"));
    assertThat(began.has("requestObject")).isFalse();
  }
}
