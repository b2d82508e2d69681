package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.config.AuditOptions;
import dev.coracle.apiserver.config.OidcOptions;
import dev.coracle.apiserver.config.SecurityOptions;
import dev.coracle.apiserver.config.WebhookOptions;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
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
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One HTTPS server is the issuer of ID tokens and both webhooks; kubectl is the user. */
@Tag("kubectl")
class ForeignIdentityTest {

  private static final Base64.Encoder URL = Base64.getUrlEncoder().withoutPadding();

  @TempDir static Path dir;
  private static final Vertx VERTX = Vertx.vertx();
  private static final AtomicInteger TOKEN_QUESTIONS = new AtomicInteger();
  private static KeyPair key;
  private static String issuer;
  private static TestServer server;
  private static Kubectl admin;
  private static Path anonymous;

  @BeforeAll
  static void start() throws Exception {
    Path other = Files.createDirectory(dir.resolve("other"));
    TestPki pki = new TestPki(other);
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    key = generator.generateKeyPair();
    HttpServer service =
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
    issuer = "https://localhost:" + service.actualPort();
    OidcOptions oidc =
        new OidcOptions(
            issuer,
            "coracle",
            "sub",
            "oidc:",
            "groups",
            "oidc:",
            Map.of("tenant", "one"),
            pki.path("ca.crt"),
            List.of("RS256"));
    WebhookOptions webhooks =
        new WebhookOptions(
            kubeconfig(other, "authn"),
            Duration.ofMinutes(2),
            kubeconfig(other, "authz"),
            Duration.ofMinutes(5),
            Duration.ofSeconds(30));
    server =
        new TestServer(
            dir, new MemoryStore(), new SecurityOptions(AuditOptions.NONE, null, oidc, webhooks));
    admin = new Kubectl(server.pki().path("admin.kubeconfig"), dir);
    anonymous =
        Files.writeString(
            dir.resolve("anonymous"),
            """
            apiVersion: v1
            kind: Config
            clusters: [{name: c, cluster: {server: "https://127.0.0.1:%d", certificate-authority: "%s"}}]
            contexts: [{name: x, context: {cluster: c, user: ""}}]
            current-context: x
            """
                .formatted(server.server().port(), server.pki().path("ca.crt")));
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
    VERTX.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static Path kubeconfig(Path where, String path) throws Exception {
    return Files.writeString(
        where.resolve(path + ".kubeconfig"),
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "%s/%s", certificate-authority: ca.crt}}]
        users: [{name: u, user: {token: secret}}]
        contexts: [{name: x, context: {cluster: c, user: u}}]
        current-context: x
        """
            .formatted(issuer, path));
  }

  private static void serve(HttpServerRequest request, Buffer body) {
    ObjectNode out = Json.object();
    switch (request.path()) {
      case "/.well-known/openid-configuration" ->
          out.put("issuer", issuer).put("jwks_uri", issuer + "/keys");
      case "/keys" -> {
        RSAPublicKey publicKey = (RSAPublicKey) key.getPublic();
        out.putArray("keys")
            .addObject()
            .put("kty", "RSA")
            .put("kid", "k1")
            .put("n", URL.encodeToString(publicKey.getModulus().toByteArray()))
            .put("e", URL.encodeToString(publicKey.getPublicExponent().toByteArray()));
      }
      case "/authn" -> {
        TOKEN_QUESTIONS.incrementAndGet();
        boolean known =
            Json.parse(body.getBytes()).path("spec").path("token").asText().equals("magic")
                && "Bearer secret".equals(request.getHeader("Authorization"));
        ObjectNode status = out.putObject("status").put("authenticated", known);
        if (known) {
          status.putObject("user").put("username", "houdini").putArray("groups").add("wizards");
        }
      }
      default -> {
        var spec = Json.parse(body.getBytes()).path("spec");
        boolean allowed =
            spec.path("user").asText().equals("houdini")
                && spec.path("resourceAttributes").path("resource").asText().equals("configmaps");
        ObjectNode status = out.putObject("status").put("reason", "by the service");
        switch (spec.path("user").asText()) {
          case "both" -> status.put("allowed", true).put("denied", true);
          case "nobody" -> {
            request.response().setStatusCode(500).end();
            return;
          }
          default -> status.put("allowed", allowed);
        }
      }
    }
    request.response().end(Buffer.buffer(Json.bytes(out)));
  }

  private static String token(ObjectNode claims, String kid) throws Exception {
    String content =
        URL.encodeToString(Json.bytes(Json.object().put("alg", "RS256").put("kid", kid)))
            + "."
            + URL.encodeToString(Json.bytes(claims));
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initSign(key.getPrivate());
    signature.update(content.getBytes(StandardCharsets.US_ASCII));
    return content + "." + URL.encodeToString(signature.sign());
  }

  private static ObjectNode claims() {
    ObjectNode claims =
        Json.object()
            .put("iss", issuer)
            .put("aud", "coracle")
            .put("sub", "jane")
            .put("tenant", "one")
            .put("exp", Instant.now().getEpochSecond() + 600);
    claims.putArray("groups").add("readers");
    return claims;
  }

  private static Kubectl.Ran with(String token, String... args) {
    String[] all = new String[args.length + 1];
    all[0] = "--token=" + token;
    System.arraycopy(args, 0, all, 1, args.length);
    return new Kubectl(anonymous, dir).run("", all);
  }

  @Test
  void anIdTokenNamesItsUser() throws Exception {
    Kubectl.Ran ran = with(token(claims(), "k1"), "auth", "whoami", "-o", "json");
    assertThat(ran.err()).isEmpty();
    var user = Json.parse(ran.out()).path("status").path("userInfo");
    assertThat(user.path("username").asText()).isEqualTo("oidc:jane");
    assertThat(user.path("groups").toString()).contains("oidc:readers", "system:authenticated");
  }

  @Test
  void anIdTokenThatIsNotGoodIsRefused() throws Exception {
    String[] bad = {
      token(claims().put("exp", Instant.now().getEpochSecond() - 1), "k1"),
      token(claims().put("aud", "another"), "k1"),
      token(claims().put("tenant", "two"), "k1"),
      token(claims(), "k2"),
      token(claims(), "k1")
          .replaceFirst(
              "\\.[^.]+\\.",
              "." + URL.encodeToString(Json.bytes(claims().put("sub", "root"))) + ".")
    };
    for (String token : bad) {
      assertThat(with(token, "auth", "whoami").err()).containsIgnoringCase("unauthorized");
    }
  }

  @Test
  void theWebhooksSayWhoAndWhat() {
    assertThat(with("magic", "auth", "whoami").out()).contains("houdini", "wizards");
    assertThat(with("magic", "get", "configmaps").code()).isZero();
    assertThat(with("magic", "get", "secrets").err()).contains("forbidden", "by the service");
    assertThat(with("magic", "auth", "can-i", "delete", "configmaps").out()).contains("yes");
    int asked = TOKEN_QUESTIONS.get();
    with("magic", "auth", "whoami");
    assertThat(TOKEN_QUESTIONS).as("the answer is kept").hasValue(asked);
    assertThat(with("tragic", "auth", "whoami").err()).containsIgnoringCase("unauthorized");
    assertThat(admin.ok("auth", "can-i", "get", "configmaps", "--as=houdini")).contains("yes");
  }

  private static JsonNode may(String user) {
    return new TestApi(server)
        .post(
            "/apis/authorization.k8s.io/v1/subjectaccessreviews",
            "{spec: {user: " + user + ", resourceAttributes: {verb: get, resource: secrets}}}")
        .ok()
        .body()
        .path("status");
  }

  @Test
  void whatTheWebhookCannotSayIsTold() {
    JsonNode both = may("both");
    assertThat(both.path("allowed").asBoolean()).as("to allow and deny is to deny").isFalse();
    assertThat(both.path("denied").asBoolean()).isTrue();
    assertThat(both.path("evaluationError").asText())
        .isEqualTo("webhook subject access review returned both allow and deny response");
    JsonNode nobody = may("nobody");
    assertThat(nobody.path("allowed").asBoolean()).isFalse();
    assertThat(nobody.has("denied")).isFalse();
    assertThat(nobody.path("evaluationError").asText()).contains("500");
  }
}
