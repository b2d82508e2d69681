package dev.coracle.apiserver.internal.authn;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.config.OidcOptions;
import dev.coracle.apiserver.internal.http.RemoteJson;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.net.URI;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * ID tokens of one OpenID Connect issuer. Its keys are fetched with the first token, and again when
 * a token names an unknown one, at most every ten seconds. Safe on any thread.
 */
public final class OidcTokens implements Authenticator {

  private static final Logger LOG = LoggerFactory.getLogger(OidcTokens.class);
  private static final long PAUSE_SECONDS = 10;
  private static final long SKEW_SECONDS = 10;

  private final OidcOptions options;
  private final RemoteJson remote;
  private final Clock clock;
  private volatile List<WebKey> keys = List.of();
  private @Nullable Future<Void> fetching;
  private long lastFetch = Long.MIN_VALUE;

  /**
   * @throws IllegalStateException with words for the user, when the options do not fit together
   */
  public OidcTokens(OidcOptions options, RemoteJson remote, Clock clock) {
    this.options = options;
    this.remote = remote;
    this.clock = clock;
    if (!options.issuerUrl().startsWith("https://")) {
      throw new IllegalStateException("--oidc-issuer-url must begin with https://");
    }
    if (options.clientId().isEmpty()) {
      throw new IllegalStateException("--oidc-issuer-url needs --oidc-client-id");
    }
    for (String algorithm : options.signingAlgorithms()) {
      if (!WebKey.knows(algorithm)) {
        throw new IllegalStateException("--oidc-signing-algs: unknown algorithm " + algorithm);
      }
    }
  }

  @Override
  public Uni<Optional<Result>> authenticate(String token, List<String> audiences) {
    Optional<JsonWebToken> parsed = JsonWebToken.parse(token);
    if (parsed.isEmpty()
        || !parsed.get().claims().path("iss").asText("").equals(options.issuerUrl())) {
      return Uni.createFrom().item(Optional.empty());
    }
    JsonWebToken jwt = parsed.get();
    if (!options.signingAlgorithms().contains(jwt.algorithm())) {
      return Uni.createFrom().item(Optional.empty());
    }
    if (known(jwt)) {
      return Uni.createFrom().item(check(jwt));
    }
    return Uni.createFrom()
        .completionStage(() -> fetch().toCompletionStage())
        .map(_ -> check(jwt))
        .onFailure()
        .invoke(e ->
            LOG.atWarn()
                .addKeyValue("issuer", options.issuerUrl())
                .addKeyValue("cause", e.getMessage())
                .log("The keys of the OpenID Connect issuer cannot be fetched"))
        .onFailure()
        .recoverWithItem(Optional.empty());
  }

  private boolean known(JsonWebToken jwt) {
    return keys.stream().anyMatch(k -> jwt.keyId().isEmpty() || k.id().equals(jwt.keyId()));
  }

  /** One fetch for all who wait, and none too soon after the one before. */
  private synchronized Future<Void> fetch() {
    Future<Void> running = fetching;
    if (running != null) {
      return running;
    }
    long now = clock.instant().getEpochSecond();
    if (lastFetch > now - PAUSE_SECONDS) {
      return Future.succeededFuture();
    }
    lastFetch = now;
    Promise<Void> done = Promise.promise();
    fetching = done.future();
    String base = options.issuerUrl().replaceAll("/$", "");
    remote
        .get(URI.create(base + "/.well-known/openid-configuration"))
        .compose(document ->
            document.path("issuer").asText("").equals(options.issuerUrl())
                ? remote.get(URI.create(document.path("jwks_uri").asText("")))
                : Future.failedFuture("the issuer calls itself " + document.path("issuer")))
        .onComplete(answer -> {
          synchronized (this) {
            fetching = null;
          }
          if (answer.succeeded()) {
            List<WebKey> fresh = new ArrayList<>();
            answer.result().path("keys").forEach(k -> WebKey.of(k).ifPresent(fresh::add));
            keys = List.copyOf(fresh);
            done.complete();
          } else {
            done.fail(answer.cause());
          }
        });
    return done.future();
  }

  private Optional<Result> check(JsonWebToken jwt) {
    JsonNode claims = jwt.claims();
    long now = clock.instant().getEpochSecond();
    boolean signed =
        keys.stream()
            .filter(k -> jwt.keyId().isEmpty() || k.id().equals(jwt.keyId()))
            .anyMatch(k -> k.verifies(jwt));
    boolean good =
        signed
            && jwt.isFor(options.clientId())
            && claims.path("exp").asLong(0) > now
            && claims.path("nbf").asLong(0) <= now + SKEW_SECONDS;
    for (Map.Entry<String, String> required : options.requiredClaims().entrySet()) {
      good &= claims.path(required.getKey()).asText("").equals(required.getValue());
    }
    String claim = options.usernameClaim();
    String name = claims.path(claim).asText("");
    if (claim.equals("email") && claims.has("email_verified")) {
      good &= claims.path("email_verified").asBoolean(false);
    }
    if (!good || name.isEmpty()) {
      return Optional.empty();
    }
    List<String> groups = new ArrayList<>();
    JsonNode given =
        options.groupsClaim().isEmpty() ? Json.array() : claims.path(options.groupsClaim());
    if (given.isTextual()) {
      groups.add(options.groupsPrefix() + given.asText());
    }
    given.forEach(g -> groups.add(options.groupsPrefix() + g.asText()));
    groups.add(UserInfo.AUTHENTICATED);
    return Optional.of(
        new Result(
            new UserInfo(prefix() + name, "", groups, Map.of()), List.of(options.clientId())));
  }

  private String prefix() {
    return switch (options.usernamePrefix()) {
      case "-" -> "";
      case "" -> options.usernameClaim().equals("email") ? "" : options.issuerUrl() + "#";
      default -> options.usernamePrefix();
    };
  }
}
