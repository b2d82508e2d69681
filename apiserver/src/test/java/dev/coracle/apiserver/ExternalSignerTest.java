package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.SampleSigner.Key;
import dev.coracle.apiserver.config.SecurityOptions;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Service account tokens that a service on a UNIX socket signs (KEP-740). */
@Order(1)
class ExternalSignerTest {

  private static final String TOKENS = "/api/v1/namespaces/default/serviceaccounts/a/token";

  @TempDir Path dir;
  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
  private SampleSigner signer;
  private TestServer server;
  private TestApi api;

  @BeforeEach
  void signer() throws Exception {
    assumeTrue(vertx.isNativeTransportEnabled(), "UNIX sockets need a native transport");
    signer = new SampleSigner(vertx, dir.resolve("signer.sock"));
    signer.keys.add(Key.of("one", "RS256", false));
  }

  @AfterEach
  void stop() throws Exception {
    if (server != null) {
      server.close();
    }
    signer.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private void start() throws Exception {
    server =
        new TestServer(
            Files.createDirectory(dir.resolve("server")),
            new MemoryStore(),
            SecurityOptions.DEFAULT.withSigningEndpoint(dir.resolve("signer.sock")));
    api = new TestApi(server);
    api.post(
            "/api/v1/namespaces/default/serviceaccounts",
            "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a}}")
        .ok();
  }

  private TestApi.Answer request(long seconds) {
    return api.post(
        TOKENS,
        "{apiVersion: authentication.k8s.io/v1, kind: TokenRequest, spec: {expirationSeconds: "
            + seconds
            + "}}");
  }

  private String token() {
    return request(600).ok().body().at("/status/token").asText();
  }

  private boolean isGood(String token) {
    return api.post(
            "/apis/authentication.k8s.io/v1/tokenreviews",
            "{apiVersion: authentication.k8s.io/v1, kind: TokenReview, spec: {token: "
                + token
                + "}}")
        .ok()
        .body()
        .at("/status/authenticated")
        .asBoolean();
  }

  private static String keyOf(String token) {
    return Json.parse(Base64.getUrlDecoder().decode(token.substring(0, token.indexOf('.'))))
        .path("kid")
        .asText();
  }

  @ParameterizedTest
  @ValueSource(strings = {"RS256", "ES256", "ES384", "ES512"})
  void aTokenIsSignedOutsideAndCheckedByItsKeys(String algorithm) throws Exception {
    signer.keys.set(0, Key.of("one", algorithm, false));
    start();
    String token = token();
    assertThat(keyOf(token)).isEqualTo("one");
    assertThat(isGood(token)).isTrue();
    String other = token.substring(0, token.lastIndexOf('.') + 1) + "AAAA";
    assertThat(isGood(other)).isFalse();
    assertThat(api.get("/openid/v1/jwks").ok().body().path("keys"))
        .singleElement()
        .satisfies(k -> {
          assertThat(k.path("kid").asText()).isEqualTo("one");
          assertThat(k.path("alg").asText()).isEqualTo(algorithm);
        });
    assertThat(
            api.get("/.well-known/openid-configuration")
                .ok()
                .body()
                .at("/id_token_signing_alg_values_supported/0")
                .asText())
        .isEqualTo(algorithm);
  }

  @Test
  void aNewKeyIsKnownWithItsFirstToken() throws Exception {
    start();
    String before = token();
    signer.keys.add(Key.of("two", "ES256", false));
    String after = token();
    assertThat(keyOf(after)).isEqualTo("two");
    assertThat(isGood(after)).isTrue();
    assertThat(isGood(before)).isTrue();
    int fetches = signer.fetches.get();
    assertThat(isGood(after)).isTrue();
    assertThat(signer.fetches.get()).as("not asked again").isEqualTo(fetches);
  }

  /** As another server's tokens are: this one has signed nothing with that key. */
  @Test
  void aTokenOfAnUnknownKeyHasTheKeysFetched() throws Exception {
    start();
    Key two = Key.of("two", "ES256", false);
    signer.keys.add(two);
    String foreign = token();
    signer.keys.remove(two);
    signer.refresh = 1;
    await()
        .untilAsserted(() -> {
          signer.keys.add(Key.of("three", "ES256", false));
          token();
          assertThat(isGood(foreign)).as("its key is gone").isFalse();
        });
    signer.keys.add(0, two);
    await().untilAsserted(() -> assertThat(isGood(foreign)).isTrue());
  }

  @Test
  void keysAreAskedForAgainAsOftenAsTheSignerSays() throws Exception {
    signer.refresh = 1;
    start();
    int before = signer.fetches.get();
    await().until(() -> signer.fetches.get() >= before + 2);
    String token = token();
    signer.keys.clear();
    int full = signer.fetches.get();
    await().until(() -> signer.fetches.get() > full);
    assertThat(isGood(token)).as("no keys are no answer: those known stay").isTrue();
  }

  @Test
  void whatASignerDoesNotAnswerIsAnInternalError() throws Exception {
    start();
    String token = token();
    signer.close();
    TestApi.Answer answer = request(600);
    assertThat(answer.code()).isEqualTo(500);
    assertThat(answer.message())
        .contains("failed to generate token: while signing jwt: ")
        .contains("signer.sock fails at Sign");
    assertThat(isGood(token)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "typ,JWS,bad type",
    "kid,'',key id missing",
    "alg,HS256,bad signing algorithm \"HS256\"",
    "cty,x,it may have nothing beside",
    "kid,hidden,key used for signing JWT (kid: hidden) is excluded from OIDC discovery docs",
  })
  void aHeaderThatIsNotOursIsRefused(String field, String value, String words) throws Exception {
    signer.keys.addFirst(Key.of("hidden", "RS256", true));
    start();
    assertThat(api.get("/openid/v1/jwks").ok().body().path("keys")).hasSize(1);
    signer.header = Json.object().put("typ", "JWT").put(field, value);
    assertThat(request(600).message())
        .contains("while signing jwt: while validating header: " + words);
  }

  @Test
  void aTokenLastsNoLongerThanTheSignerAllows() throws Exception {
    start();
    TestApi.Answer answer = request(7200).ok();
    JsonNode spec = answer.body().path("spec");
    assertThat(spec.path("expirationSeconds").asLong()).isEqualTo(3600);
    assertThat(answer.warnings())
        .containsExactly(
            "299 - \"requested expiration of 7200 seconds shortened to 3600 seconds\"");
  }

  @Test
  void aServerDoesNotStartWithoutItsSigner() throws Exception {
    signer.longest = 599;
    assertThatThrownBy(this::start)
        .hasMessageContaining("while setting up external-jwt-signer: max token life supported")
        .hasMessageContaining("(599s) is less than acceptable (min 600s)");
    signer.close();
    assertThatThrownBy(() ->
            new TestServer(
                Files.createDirectory(dir.resolve("alone")),
                new MemoryStore(),
                SecurityOptions.DEFAULT.withSigningEndpoint(dir.resolve("signer.sock"))))
        .hasMessageContaining("while setting up external-jwt-signer: ")
        .hasMessageContaining("signer.sock fails at FetchKeys");
  }
}
