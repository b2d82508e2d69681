package dev.coracle.apiserver.internal.authn;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.authn.LongLivedTokens.Use;
import dev.coracle.watchhub.ResourceStore;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Makes and checks service account tokens (KEP-1205). A token counts as long as it has not expired
 * and the service account, and the Pod, Node or Secret it is bound to, still live with the same
 * uid. A finalizer does not keep a token good.
 */
public final class ServiceAccountTokens implements Authenticator {

  /** For how long admission asks for the tokens of Pods; nobody else asks for just that. */
  public static final long PROJECTED_SECONDS = 3607;

  private static final String CLAIM = "kubernetes.io";
  private static final int LONGEST = 16 << 10;
  private static final String CREDENTIAL = "JTI=";
  private static final String WARN_AFTER = "warnafter";
  private static final String STALE = "authentication.k8s.io/stale-token";
  private static final long YEAR_SECONDS = 365 * 24 * 60 * 60;

  /** How long what is being deleted still counts, since clocks differ. */
  private static final long LEEWAY_SECONDS = 60;

  private final TokenSigner signer;
  private final String issuer;
  private final ResourceStore store;
  private final Clock clock;
  private final Counter valid;
  private final Counter stale;
  private final LongLivedTokens longLived;

  public ServiceAccountTokens(
      TokenSigner signer, String issuer, ResourceStore store, Clock clock, MeterRegistry meters) {
    this.valid = meters.counter("serviceaccount_valid_tokens");
    this.stale = meters.counter("serviceaccount_stale_tokens");
    this.longLived = new LongLivedTokens(store, clock, meters);
    this.signer = signer;
    this.issuer = issuer;
    this.store = store;
    this.clock = clock;
  }

  /** What a token is bound to, besides its account. */
  public record Bound(String kind, String name, String uid) {}

  /**
   * A token, and when it ends.
   *
   * @param credential as its user is said to have used it
   */
  public record Issued(String token, Instant expires, String credential) {}

  /** For how long a token may be good at most. */
  public long longestSeconds() {
    return signer.longestSeconds();
  }

  /**
   * @param extended it goes on being good for a year, or for as long as its signer allows, and is
   *     counted as stale once it is over (ADR 0301)
   */
  public Uni<Issued> issue(
      KubeObject account,
      List<String> audiences,
      List<Bound> bound,
      long seconds,
      boolean extended) {
    Instant now = clock.instant();
    Instant expires = now.plusSeconds(seconds);
    Instant ends = extended ? now.plusSeconds(Math.min(longestSeconds(), YEAR_SECONDS)) : expires;
    ObjectNode claims = Json.object();
    ArrayNode aud = claims.putArray("aud");
    audiences.forEach(aud::add);
    claims.put("exp", ends.getEpochSecond()).put("iat", now.getEpochSecond());
    String id = UUID.randomUUID().toString();
    claims.put("iss", issuer).put("jti", id);
    ObjectNode own = claims.putObject(CLAIM).put("namespace", account.namespace());
    for (Bound b : bound) {
      own.putObject(b.kind().toLowerCase(java.util.Locale.ROOT))
          .put("name", b.name())
          .put("uid", b.uid());
    }
    own.putObject("serviceaccount").put("name", account.name()).put("uid", account.uid());
    if (extended) {
      own.put(WARN_AFTER, expires.getEpochSecond());
    }
    claims.put("nbf", now.getEpochSecond());
    claims.put("sub", "system:serviceaccount:" + account.namespace() + ":" + account.name());
    return signer.sign(claims).map(token -> new Issued(token, expires, CREDENTIAL + id));
  }

  @Override
  public Uni<Optional<Result>> authenticate(String token, List<String> audiences) {
    Optional<JsonWebToken> parsed =
        token.length() > LONGEST ? Optional.empty() : JsonWebToken.parse(token);
    if (parsed.isEmpty() || !parsed.get().claims().path("iss").asText("").equals(issuer)) {
      return Uni.createFrom().item(Optional.empty());
    }
    return signer
        .verifies(parsed.get())
        .chain(so ->
            so
                ? believed(token, parsed.get().claims(), audiences)
                : Uni.createFrom().item(Optional.empty()));
  }

  private Uni<Optional<Result>> believed(String token, JsonNode c, List<String> audiences) {
    List<String> shared = new ArrayList<>();
    JsonNode aud = c.path("aud");
    for (String a : audiences) {
      boolean has = aud.isTextual() && aud.asText().equals(a);
      for (JsonNode one : aud) {
        has |= one.asText().equals(a);
      }
      if (has) {
        shared.add(a);
      }
    }
    long now = clock.instant().getEpochSecond();
    boolean good =
        c.path("exp").asLong(0) > now && c.path("nbf").asLong(0) <= now + 60 && !shared.isEmpty();
    return good ? live(token, c, shared) : Uni.createFrom().item(Optional.empty());
  }

  private Uni<Optional<Result>> live(String token, JsonNode claims, List<String> audiences) {
    JsonNode own = claims.path(CLAIM);
    String namespace = own.path("namespace").asText("");
    JsonNode account = own.path("serviceaccount");
    Map<String, List<String>> extra = new HashMap<>();
    extra.put(UserInfo.CREDENTIAL_ID, List.of(CREDENTIAL + claims.path("jti").asText("")));
    Map<String, KubeObject> found = new HashMap<>();
    Uni<Boolean> alive = lives("serviceaccount", namespace, account, found);
    for (String kind : List.of("pod", "node", "secret")) {
      JsonNode bound = own.path(kind);
      if (!bound.isObject()) {
        continue;
      }
      if (!kind.equals("secret")) {
        extra.put(
            "authentication.kubernetes.io/" + kind + "-name",
            List.of(bound.path("name").asText("")));
        extra.put(
            "authentication.kubernetes.io/" + kind + "-uid", List.of(bound.path("uid").asText("")));
      }
      // A Pod's token names its node for information; it is not bound to it.
      if (!kind.equals("node") || !own.has("pod")) {
        String ns = kind.equals("node") ? "" : namespace;
        alive =
            alive.chain(so -> so ? lives(kind, ns, bound, found) : Uni.createFrom().item(false));
      }
    }
    UserInfo user =
        new UserInfo(
            "system:serviceaccount:" + namespace + ":" + account.path("name").asText(""),
            account.path("uid").asText(""),
            List.of(
                UserInfo.SERVICE_ACCOUNTS,
                UserInfo.SERVICE_ACCOUNTS + ":" + namespace,
                UserInfo.AUTHENTICATED),
            extra);
    return alive.map(
        so -> so ? use(token, found).map(u -> result(user, audiences, own, u)) : Optional.empty());
  }

  private Optional<Use> use(String token, Map<String, KubeObject> found) {
    KubeObject account = found.get("serviceaccount");
    KubeObject secret = found.get("secret");
    return account == null || secret == null
        ? Optional.of(Use.NOTHING)
        : longLived.used(token, account, secret);
  }

  private Result result(UserInfo user, List<String> audiences, JsonNode own, Use use) {
    Map<String, String> notes = new HashMap<>(use.notes());
    notes.putAll(ageOf(own.path(WARN_AFTER).asLong(0), user));
    return new Result(user, audiences, notes, use.warnings());
  }

  /** Counts whether the token is stale; what there is to tell of one that is. */
  private Map<String, String> ageOf(long warnAfter, UserInfo user) {
    if (warnAfter == 0) {
      return Map.of();
    }
    long late = clock.instant().getEpochSecond() - warnAfter;
    (late > 0 ? stale : valid).increment();
    return late > 0
        ? Map.of(STALE, "subject: " + user.name() + ", seconds after warning threshold: " + late)
        : Map.of();
  }

  /**
   * @param found where it is put by its kind
   */
  private Uni<Boolean> lives(
      String kind, String namespace, JsonNode reference, Map<String, KubeObject> found) {
    String uid = reference.path("uid").asText("");
    return store
        .get(
            new GroupResource("", kind + "s"),
            new NamespacedName(namespace, reference.path("name").asText("")))
        .invoke(o -> found.put(kind, o))
        .map(o -> o.uid().equals(uid) && !isGone(o))
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(false);
  }

  /** Whether its deletion began, or its grace period ended, a while ago. */
  private boolean isGone(KubeObject object) {
    String deleted = object.text("metadata", "deletionTimestamp");
    return !deleted.isEmpty()
        && Instant.parse(deleted).isBefore(clock.instant().minusSeconds(LEEWAY_SECONDS));
  }
}
