package dev.coracle.apiserver.internal.authn;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.apiserver.ForwardingStore;
import dev.coracle.apiserver.internal.authn.ServiceAccountTokens.Bound;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** For how long tokens of service accounts are good. */
class ServiceAccountTokensTest {

  private static final GroupResource SECRETS = new GroupResource("", "secrets");

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final long HOUR = ServiceAccountTokens.PROJECTED_SECONDS;
  private static final long DAY = 24 * 60 * 60;
  private static final List<String> AUDIENCES = List.of("api");

  /** Signs with nothing. */
  private static final class Unsigned implements TokenSigner {

    private static String part(String json) {
      return Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes());
    }

    @Override
    public Uni<String> sign(ObjectNode claims) {
      String head = part("{\"alg\":\"ES256\",\"kid\":\"k\"}");
      return Uni.createFrom().item(head + "." + part(claims.toString()) + "." + part("signature"));
    }

    @Override
    public Uni<Boolean> verifies(JsonWebToken token) {
      return Uni.createFrom().item(true);
    }

    @Override
    public List<ObjectNode> published() {
      return List.of();
    }

    @Override
    public long longestSeconds() {
      return Long.MAX_VALUE;
    }
  }

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final AtomicReference<Instant> now = new AtomicReference<>(START);
  private final AtomicInteger reads = new AtomicInteger();
  private final ForwardingStore store =
      new ForwardingStore() {
        @Override
        public Uni<KubeObject> get(GroupResource resource, NamespacedName name) {
          reads.incrementAndGet();
          return super.get(resource, name);
        }
      };
  private final ServiceAccountTokens tokens =
      new ServiceAccountTokens(
          new Unsigned(),
          "me",
          store,
          new Clock() {
            @Override
            public ZoneOffset getZone() {
              return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
              return this;
            }

            @Override
            public Instant instant() {
              return now.get();
            }
          },
          meters);
  private KubeObject account;

  @BeforeEach
  void account() {
    account = made("serviceaccounts", "{}");
    made("pods", "{}");
  }

  private KubeObject made(String resource, String more) {
    ObjectNode object = Json.parseObject(more);
    ObjectNode metadata = object.withObjectProperty("metadata");
    metadata.put("name", "a").put("namespace", "ns").put("uid", "of-" + resource);
    object.put("apiVersion", "v1").put("kind", resource);
    return store
        .create(new GroupResource("", resource), KubeObject.of(object))
        .await()
        .indefinitely();
  }

  private String token(boolean extended) {
    return tokens
        .issue(account, AUDIENCES, List.of(new Bound("Pod", "a", "of-pods")), HOUR, extended)
        .await()
        .indefinitely()
        .token();
  }

  private boolean isGood(String token, long seconds) {
    now.set(START.plusSeconds(seconds));
    return tokens.authenticate(token, AUDIENCES).await().indefinitely().isPresent();
  }

  private double counted(String which) {
    return meters.get("serviceaccount_" + which + "_tokens").counter().count();
  }

  @Test
  void whatPodsAreGivenIsGoodForAYearAndCountedAsStaleWhenItIsOver() {
    String token = token(true);
    assertThat(isGood(token, HOUR - 1)).isTrue();
    assertThat(counted("valid")).isEqualTo(1);
    assertThat(counted("stale")).isZero();
    assertThat(isGood(token, 364 * DAY)).isTrue();
    assertThat(counted("stale")).isEqualTo(1);
    assertThat(isGood(token, 366 * DAY)).isFalse();
  }

  @Test
  void othersEndWhenTheySayAndAreNotCounted() {
    String token = token(false);
    assertThat(isGood(token, HOUR - 1)).isTrue();
    assertThat(isGood(token, HOUR + 1)).isFalse();
    assertThat(counted("valid") + counted("stale")).isZero();
  }

  /** Upstream: test/integration/auth, tokens of Pods that are being deleted. */
  @Test
  void aFinalizerDoesNotKeepTheTokenOfADeletedPodGood() {
    String token = token(true);
    store
        .update(
            new GroupResource("", "pods"),
            new NamespacedName("ns", "a"),
            pod ->
                Uni.createFrom()
                    .item(
                        pod.with(o ->
                            o.withObjectProperty("metadata")
                                .put("deletionTimestamp", START.plusSeconds(30).toString()))))
        .await()
        .indefinitely();
    assertThat(isGood(token, 89)).isTrue();
    assertThat(isGood(token, 91)).isFalse();
  }

  private Optional<Authenticator.Result> show(String token) {
    return tokens.authenticate(token, AUDIENCES).await().indefinitely();
  }

  private String label(String name) {
    return store
        .get(SECRETS, new NamespacedName("ns", "a"))
        .await()
        .indefinitely()
        .labels()
        .getOrDefault("kubernetes.io/legacy-token-" + name, "");
  }

  private void change(GroupResource resource, Consumer<ObjectNode> change) {
    store
        .update(
            resource,
            new NamespacedName("ns", "a"),
            o -> Uni.createFrom().item(o.with(change::accept)))
        .await()
        .indefinitely();
  }

  /** Upstream: test/integration/serviceaccount, legacy tokens that are tracked. */
  @Test
  void theUseOfATokenThatStandsInASecretIsToldAndWrittenDown() {
    made("secrets", "{\"type\":\"kubernetes.io/service-account-token\"}");
    String token =
        tokens
            .issue(account, AUDIENCES, List.of(new Bound("Secret", "a", "of-secrets")), DAY, false)
            .await()
            .indefinitely()
            .token();
    reads.set(0);
    assertThat(show(token).orElseThrow().notes()).as("is bound to it, no more").isEmpty();
    assertThat(reads).as("account and secret").hasValue(2);
    assertThat(label("last-used")).isEmpty();

    String there = Base64.getEncoder().encodeToString(token.getBytes(StandardCharsets.UTF_8));
    change(SECRETS, o -> o.withObjectProperty("data").put("token", there));
    assertThat(show(token).orElseThrow().notes())
        .containsOnly(
            Map.entry("authentication.k8s.io/legacy-token", "system:serviceaccount:ns:a"),
            Map.entry("authentication.k8s.io/legacy-token-manual-secret", "a"));
    assertThat(label("last-used")).isEqualTo(LocalDate.ofInstant(START, ZoneOffset.UTC).toString());
    assertThat(legacy("legacy_tokens_total")).isOne();
    assertThat(legacy("legacy_manual_token_uses_total")).isOne();

    change(
        new GroupResource("", "serviceaccounts"),
        o -> o.putArray("secrets").addObject().put("name", "a"));
    Authenticator.Result generated = show(token).orElseThrow();
    assertThat(generated.notes())
        .containsEntry("authentication.k8s.io/legacy-token-autogenerated-secret", "a");
    assertThat(generated.warnings())
        .containsExactly(
            "Use tokens from the TokenRequest API or manually created secret-based tokens instead"
                + " of auto-generated secret-based tokens.");
    assertThat(legacy("legacy_auto_token_uses_total")).isOne();

    change(
        SECRETS,
        o ->
            o.withObjectProperty("metadata")
                .putObject("labels")
                .put("kubernetes.io/legacy-token-invalid-since", "2026-01-01"));
    assertThat(show(token)).isEmpty();
    assertThat(label("last-used")).as("that of a refused one, too").isNotEmpty();
    assertThat(legacy("invalid_legacy_auto_token_uses_total")).isOne();
  }

  private double legacy(String name) {
    return meters.counter("serviceaccount_" + name).count();
  }
}
