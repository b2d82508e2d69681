package dev.coracle.apiserver.internal.authn;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.apiserver.internal.http.RemoteJson;
import dev.coracle.cel.CelFailure;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.net.URI;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
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

  private final JwtIssuer issuer;
  private final RemoteJson remote;
  private final Clock clock;
  private volatile List<WebKey> keys = List.of();
  private @Nullable Future<Void> fetching;
  private long lastFetch = Long.MIN_VALUE;

  public OidcTokens(JwtIssuer issuer, RemoteJson remote, Clock clock) {
    this.issuer = issuer;
    this.remote = remote;
    this.clock = clock;
  }

  @Override
  public Uni<Optional<Result>> authenticate(String token, List<String> audiences) {
    Optional<JsonWebToken> parsed = JsonWebToken.parse(token);
    if (parsed.isEmpty() || !parsed.get().claims().path("iss").asText("").equals(issuer.url())) {
      return Uni.createFrom().item(Optional.empty());
    }
    JsonWebToken jwt = parsed.get();
    if (!issuer.algorithms().contains(jwt.algorithm())) {
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
                .addKeyValue("issuer", issuer.url())
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
    remote
        .get(issuer.discovery())
        .compose(document ->
            document.path("issuer").asText("").equals(issuer.url())
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
    List<String> audiences = issuer.audiences().stream().filter(jwt::isFor).toList();
    if (!signed
        || audiences.isEmpty()
        || claims.path("exp").asLong(0) <= now
        || claims.path("nbf").asLong(0) > now + SKEW_SECONDS) {
      return Optional.empty();
    }
    try {
      return Optional.of(new Result(issuer.user(claims), audiences));
    } catch (TokenRefused | CelFailure e) {
      LOG.atInfo()
          .addKeyValue("issuer", issuer.url())
          .addKeyValue("why", e.getMessage())
          .log("An ID token is refused");
      return Optional.empty();
    }
  }
}
