package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.apiserver.config.AuthenticationOptions;
import dev.coracle.apiserver.config.SecurityOptions;
import dev.coracle.apiserver.internal.http.RemoteJson;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two issuers and a webhook, all of one HTTPS server, named by configuration files. */
class StructuredIdentityTest {

  private static final Base64.Encoder URL = Base64.getUrlEncoder().withoutPadding();
  private static final String REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
  private static final String ACCESS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

  @TempDir static Path dir;
  private static final Vertx VERTX = Vertx.vertx();
  private static final Queue<String> ASKED = new ConcurrentLinkedQueue<>();
  private static KeyPair one;
  private static KeyPair two;
  private static String service;
  private static TestPki pki;
  private static TestServer server;

  @BeforeAll
  static void start() throws Exception {
    pki = new TestPki(Files.createDirectory(dir.resolve("other")));
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    one = generator.generateKeyPair();
    two = generator.generateKeyPair();
    HttpServer http =
        VERTX
            .createHttpServer(
                new HttpServerOptions()
                    .setSsl(true)
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .setCertPath(pki.path("server.crt").toString())
                            .setKeyPath(pki.path("server.key").toString())))
            .requestHandler(r -> r.body().onSuccess(b -> serve(r, b)))
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
    service = "https://localhost:" + http.actualPort();
    authentication(true);
    authorization("Node", "RBAC");
    server =
        new TestServer(
            Files.createDirectory(dir.resolve("server")),
            new MemoryStore(),
            SecurityOptions.DEFAULT
                .withAuthentication(new AuthenticationOptions(dir.resolve("authn"), null, null))
                .withAuthorization(dir.resolve("authz")));
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
    VERTX.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static void authentication(boolean both) throws Exception {
    String ca = Files.readString(pki.path("ca.crt")).indent(8);
    String first =
        """
        apiVersion: apiserver.config.k8s.io/v1
        kind: AuthenticationConfiguration
        anonymous: {enabled: true, conditions: [{path: /livez}]}
        jwt:
        - issuer:
            url: SERVICE/one
            audiences: [coracle]
            certificateAuthority: |
        CA
          claimValidationRules: [{claim: tenant, requiredValue: one}]
          claimMappings:
            username: {claim: sub, prefix: "one:"}
            groups: {claim: groups, prefix: "one:"}
        """;
    String second =
        """
        - issuer:
            url: https://two.example.org
            discoveryURL: SERVICE/two/discovery
            audiences: [coracle, other]
            audienceMatchPolicy: MatchAny
            certificateAuthority: |
        CA
          claimValidationRules:
          - {expression: "claims.exp - claims.iat <= 3600", message: lives too long}
          claimMappings:
            username: {expression: "'two:' + claims.name.lowerAscii()"}
            groups: {expression: "claims.roles.map(r, 'role-' + r)"}
            uid: {expression: claims.oid}
            extra: [{key: example.org/team, valueExpression: "claims.?team.orValue('')"}]
          userValidationRules:
          - {expression: "!user.username.startsWith('two:system')", message: reserved}
        """;
    String all = both ? first + second : first;
    Files.writeString(dir.resolve("authn"), all.replace("SERVICE", service).replace("CA\n", ca));
  }

  private static void authorization(String... own) throws Exception {
    StringBuilder all =
        new StringBuilder(
            """
            apiVersion: apiserver.config.k8s.io/v1
            kind: AuthorizationConfiguration
            authorizers:
            - type: Webhook
              name: policy
              webhook:
                timeout: 30s
                subjectAccessReviewVersion: v1
                matchConditionSubjectAccessReviewVersion: v1
                failurePolicy: Deny
                connectionInfo: {type: KubeConfigFile, kubeConfigFile: "KUBECONFIG"}
                matchConditions:
                - expression: "request.user.startsWith('two:')"
                - expression: >-
                    !(request.?resourceAttributes.?fieldSelector.?requirements.orValue([]).exists(r,
                    r.key == 'spec.nodeName' && r.values == ['passed-over']))
            """
                .replace(
                    "KUBECONFIG",
                    kubeconfig(service + "/authz", pki.path("ca.crt"), "").toString()));
    for (String type : own) {
      all.append("- {type: " + type + ", name: " + type.toLowerCase(java.util.Locale.ROOT) + "}\n");
    }
    Files.writeString(dir.resolve("authz"), all);
  }

  private static Path kubeconfig(String url, Path ca, String token) throws Exception {
    return Files.writeString(
        Files.createTempFile(dir, "kubeconfig", ""),
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "%s", certificate-authority: "%s"}}]
        users: [{name: u, user: {token: "%s"}}]
        contexts: [{name: x, context: {cluster: c, user: u}}]
        current-context: x
        """
            .formatted(url, ca, token));
  }

  private static void serve(HttpServerRequest request, Buffer body) {
    ObjectNode out = Json.object();
    switch (request.path()) {
      case "/one/.well-known/openid-configuration" ->
          out.put("issuer", service + "/one").put("jwks_uri", service + "/one/keys");
      case "/two/discovery" ->
          out.put("issuer", "https://two.example.org").put("jwks_uri", service + "/two/keys");
      case "/one/keys" -> key(out, one);
      case "/two/keys" -> key(out, two);
      default -> {
        JsonNode spec = Json.parse(body.getBytes()).path("spec");
        JsonNode attributes = spec.path("resourceAttributes");
        String resource = attributes.path("resource").asText("");
        String selectors =
            attributes.path("fieldSelector").toString()
                + attributes.path("labelSelector").toString();
        ASKED.add(resource + selectors);
        if (resource.equals("endpoints")) {
          request.response().setStatusCode(500).end();
          return;
        }
        out.putObject("status")
            .put("allowed", resource.equals("configmaps"))
            .put("denied", resource.equals("secrets"))
            .put("reason", "by the service" + selectors);
      }
    }
    request.response().end(Buffer.buffer(Json.bytes(out)));
  }

  private static void key(ObjectNode out, KeyPair pair) {
    RSAPublicKey key = (RSAPublicKey) pair.getPublic();
    out.putArray("keys")
        .addObject()
        .put("kty", "RSA")
        .put("kid", "k")
        .put("n", URL.encodeToString(key.getModulus().toByteArray()))
        .put("e", URL.encodeToString(key.getPublicExponent().toByteArray()));
  }

  private static String token(ObjectNode claims, KeyPair key) throws Exception {
    String content =
        URL.encodeToString(Json.bytes(Json.object().put("alg", "RS256").put("kid", "k")))
            + "."
            + URL.encodeToString(Json.bytes(claims));
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initSign(key.getPrivate());
    signature.update(content.getBytes(StandardCharsets.US_ASCII));
    return content + "." + URL.encodeToString(signature.sign());
  }

  private static ObjectNode claims(String issuer) {
    long now = Instant.now().getEpochSecond();
    return Json.object().put("iss", issuer).put("iat", now).put("exp", now + 1800);
  }

  private static ObjectNode ofOne() {
    ObjectNode claims =
        claims(service + "/one").put("aud", "coracle").put("sub", "joe").put("tenant", "one");
    claims.putArray("groups").add("readers");
    return claims;
  }

  private static ObjectNode ofTwo() {
    ObjectNode claims =
        claims("https://two.example.org").put("aud", "other").put("name", "Jane").put("oid", "7");
    claims.putArray("roles").add("a").add("b");
    return claims;
  }

  /** The answer, or what was answered instead of one. */
  private static JsonNode post(String token, String path, ObjectNode body) throws Exception {
    String url = "https://127.0.0.1:" + server.server().port() + path;
    Path config = kubeconfig(url, server.pki().path("ca.crt"), token);
    try (RemoteJson client = RemoteJson.ofKubeconfig(VERTX, config)) {
      return client
          .post(body, Duration.ofSeconds(60))
          .otherwise(e -> Json.object().put("failure", e.getMessage()))
          .toCompletionStage()
          .toCompletableFuture()
          .get(90, TimeUnit.SECONDS);
    }
  }

  private static JsonNode whoAmI(String token) throws Exception {
    ObjectNode body =
        Json.object()
            .put("apiVersion", "authentication.k8s.io/v1")
            .put("kind", "SelfSubjectReview");
    JsonNode answer = post(token, REVIEWS, body);
    return answer.has("failure") ? answer.path("failure") : answer.at("/status/userInfo");
  }

  private static JsonNode may(String token, String resource) throws Exception {
    ObjectNode body =
        Json.object()
            .put("apiVersion", "authorization.k8s.io/v1")
            .put("kind", "SelfSubjectAccessReview");
    body.putObject("spec")
        .putObject("resourceAttributes")
        .put("verb", "list")
        .put("resource", resource);
    return post(token, ACCESS, body).path("status");
  }

  private static boolean refused(String token) throws Exception {
    return whoAmI(token).asText("").endsWith("answers 401");
  }

  @Test
  void tokensOfBothIssuersNameTheirUsers() throws Exception {
    JsonNode joe = whoAmI(token(ofOne(), one));
    assertThat(joe.path("username").asText()).isEqualTo("one:joe");
    assertThat(joe.path("groups").toString()).contains("one:readers", "system:authenticated");
    JsonNode jane = whoAmI(token(ofTwo().put("team", "blue"), two));
    assertThat(jane.path("username").asText()).isEqualTo("two:jane");
    assertThat(jane.path("uid").asText()).isEqualTo("7");
    assertThat(jane.path("groups").toString()).contains("role-a", "role-b");
    assertThat(jane.at("/extra/example.org~1team/0").asText()).isEqualTo("blue");
    assertThat(whoAmI(token(ofTwo(), two)).has("extra")).isFalse();
  }

  @Test
  void tokensThatARuleRefusesAreRefused() throws Exception {
    assertThat(refused(token(ofOne(), two))).as("the other issuer's key").isTrue();
    assertThat(refused(token(ofOne().put("tenant", "two"), one))).as("requiredValue").isTrue();
    assertThat(refused(token(ofOne().put("aud", "other"), one))).as("audience").isTrue();
    assertThat(refused(token(ofTwo().put("iat", 0), two))).as("claimValidationRules").isTrue();
    assertThat(refused(token(ofTwo().put("name", "system"), two))).as("user rules").isTrue();
    ObjectNode without = ofTwo();
    without.remove("oid");
    assertThat(refused(token(without, two))).as("no value for the uid").isTrue();
  }

  @Test
  void withoutCredentialsOnlyTheNamedPathIsOpen() throws Exception {
    assertThat(refused("")).isTrue();
    try (RemoteJson client = RemoteJson.trusting(VERTX, server.pki().path("ca.crt"))) {
      URI livez = URI.create("https://127.0.0.1:" + server.server().port() + "/livez");
      // It answers ok, which is no JSON, and not 401.
      String said =
          client
              .get(livez)
              .map(JsonNode::toString)
              .otherwise(Throwable::getMessage)
              .toCompletionStage()
              .toCompletableFuture()
              .get(60, TimeUnit.SECONDS);
      assertThat(said).doesNotContain("answers 401");
    }
  }

  @Test
  void authorizersAreAskedInTheirOrderAndReplacedWhenTheFileChanges() throws Exception {
    String jane = token(ofTwo(), two);
    String joe = token(ofOne(), one);
    assertThat(may(jane, "configmaps").path("allowed").asBoolean()).isTrue();
    assertThat(may(jane, "configmaps").path("reason").asText()).isEqualTo("by the service");
    assertThat(may(jane, "secrets").path("denied").asBoolean()).isTrue();
    assertThat(may(joe, "configmaps").path("allowed").asBoolean()).isFalse();
    authorization("Node", "RBAC", "AlwaysAllow");
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> may(joe, "configmaps").path("allowed").asBoolean());
    assertThat(may(jane, "secrets").path("denied").asBoolean()).as("the first decides").isTrue();
  }

  private static final String IN_N1 =
      "{\"requirements\":[{\"key\":\"spec.nodeName\",\"operator\":\"In\",\"values\":[\"n1\"]}]}";

  private static JsonNode mayListPods(String selectors) throws Exception {
    ObjectNode body = (ObjectNode) Yaml.parse(selectors.getBytes(StandardCharsets.UTF_8), 1 << 20);
    ObjectNode review =
        Json.object()
            .put("apiVersion", "authorization.k8s.io/v1")
            .put("kind", "SelfSubjectAccessReview");
    body.put("verb", "list").put("resource", "pods");
    review.putObject("spec").set("resourceAttributes", body);
    return post(token(ofTwo(), two), ACCESS, review).path("status");
  }

  @Test
  void selectorsOfReviewsReachTheService() throws Exception {
    assertThat(
            mayListPods(
                    "{fieldSelector: {rawSelector: spec.nodeName=n1}, labelSelector: {requirements:"
                        + " [{key: a, operator: DoesNotExist}, {key: b, operator: NotIn, values: [c,"
                        + " d]}]}}")
                .path("reason")
                .asText())
        .isEqualTo(
            "by the service"
                + IN_N1
                + "{\"requirements\":[{\"key\":\"a\",\"operator\":\"DoesNotExist\"},"
                + "{\"key\":\"b\",\"operator\":\"NotIn\",\"values\":[\"c\",\"d\"]}]}");
    JsonNode partly =
        mayListPods(
            "{fieldSelector: {requirements: [{key: spec.nodeName, operator: In, values: [n1]}, {key:"
                + " a, operator: Exists}]}, labelSelector: {rawSelector: 'a in ('}}");
    assertThat(partly.path("reason").asText()).isEqualTo("by the service" + IN_N1);
    assertThat(partly.path("evaluationError").asText())
        .isEqualTo(
            "spec.resourceAttributes.fieldSelector partially ignored due to parse error;"
                + " spec.resourceAttributes.labelSelector ignored due to parse error");
    assertThat(
            mayListPods("{fieldSelector: {rawSelector: spec.nodeName=passed-over}}").has("reason"))
        .as("a match condition looks at selectors")
        .isFalse();
    assertThat(
            server
                .meters()
                .get("apiserver_authorization_match_condition_exclusions_total")
                .tags("type", "Webhook", "name", "policy")
                .counter()
                .count())
        .isPositive();
  }

  @Test
  void selectorsOfRequestsReachTheService() {
    ApiCalls jane = server.server().callsAs(UserInfo.of("two:jane"));
    ListOptions options =
        new ListOptions(
            LabelSelector.EVERYTHING, FieldSelector.equalTo("data", "x"), "", "", 0, "");
    // It lets ConfigMaps through; that the field is none of theirs is said after that.
    assertThatThrownBy(() ->
            jane.list(Resources.CONFIG_MAPS, "default", options)
                .await()
                .atMost(Duration.ofSeconds(60)))
        .hasMessageContaining("\"data\" is not a known field selector");
    ListOptions labelled =
        new ListOptions(LabelSelector.parse("a=b"), FieldSelector.EVERYTHING, "", "", 0, "");
    assertThatThrownBy(() ->
            jane.list(Resources.PODS, "default", labelled).await().atMost(Duration.ofSeconds(60)))
        .hasMessageContaining("pods is forbidden");
    assertThat(ASKED)
        .contains(
            "configmaps{\"requirements\":[{\"key\":\"data\",\"operator\":\"In\",\"values\":[\"x\"]}]}",
            "pods{\"requirements\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":[\"b\"]}]}");
  }

  @Test
  void whatAnAuthorizerCouldNotTellIsAnInternalError() throws Exception {
    String path = "/api/v1/namespaces/default/endpoints?a=<b";
    HttpClient client =
        VERTX.createHttpClient(
            new HttpClientOptions().setSsl(true).setTrustAll(true).setVerifyHost(false));
    String bearer = "Bearer " + token(ofTwo(), two);
    String said =
        client
            .request(HttpMethod.GET, server.server().port(), "127.0.0.1", path)
            .compose(request ->
                request
                    .putHeader("Authorization", bearer)
                    .send()
                    .compose(r -> r.body().map(body -> r.statusCode() + " " + body)))
            .toCompletionStage()
            .toCompletableFuture()
            .get(60, TimeUnit.SECONDS);
    assertThat(said)
        .isEqualTo(
            "500 Internal Server Error: \""
                + path.replace("<", "&lt;")
                + "\": localhost answers 500\n");
    ApiCalls inside = server.server().callsAs(UserInfo.of("two:jane"));
    assertThatThrownBy(() ->
            inside
                .list(Resources.ENDPOINTS, "default", ListOptions.ALL)
                .await()
                .atMost(Duration.ofSeconds(60)))
        .isInstanceOfSatisfying(
            StatusException.class,
            e -> {
              assertThat(e.status().code()).isEqualTo(500);
              assertThat(e).hasMessage("Internal error occurred: localhost answers 500");
            });
  }

  @Test
  void anIssuerThatIsTakenOutOfTheFileIsNotBelievedAnyMore() throws Exception {
    try {
      authentication(false);
      await().atMost(Duration.ofSeconds(60)).until(() -> refused(token(ofTwo(), two)));
      assertThat(whoAmI(token(ofOne(), one)).path("username").asText()).isEqualTo("one:joe");
    } finally {
      authentication(true);
    }
    await().atMost(Duration.ofSeconds(60)).until(() -> !refused(token(ofTwo(), two)));
  }
}
