package dev.coracle.apiserver.internal.authn;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.authn.SignerClient.Key;
import dev.coracle.apiserver.internal.authn.SignerClient.Keys;
import dev.coracle.apiserver.internal.authn.SignerClient.Signed;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has tokens signed by a service outside (KEP-740), and asks it for the keys: at the start, as
 * often as it says, and when a token names one that is not known. Where it does not answer, the
 * keys that are known stay.
 */
public final class ExternalSigner implements TokenSigner {

  private static final Logger LOG = LoggerFactory.getLogger(ExternalSigner.class);
  private static final Base64.Encoder URL = Base64.getUrlEncoder().withoutPadding();
  private static final Set<String> HEADER = Set.of("alg", "kid", "typ");
  private static final Set<String> ALGORITHMS = Set.of("RS256", "ES256", "ES384", "ES512");
  private static final long LEAST_SECONDS = 600;
  private static final int LONGEST_ID = 1024;
  private static final Duration AGAIN = Duration.ofSeconds(10);

  /** Between fetches for the sake of tokens, of which anybody may make up any number. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Vertx vertx;
  private final SignerClient client;
  private final Clock clock;
  private final MeterRegistry meters;
  private volatile Keys keys = new Keys(List.of(), Instant.EPOCH, AGAIN);
  private volatile Instant fetched = Instant.MIN;
  private volatile long longest = LEAST_SECONDS;
  private @Nullable Future<Void> fetching;
  private long timer = -1;
  private boolean stopped;

  public ExternalSigner(Vertx vertx, Path socket, Clock clock, MeterRegistry meters) {
    this.vertx = vertx;
    this.client = new SignerClient(vertx, socket);
    this.clock = clock;
    this.meters = meters;
    Gauge.builder(
            "apiserver_externaljwt_fetch_keys_data_timestamp",
            this,
            s -> s.keys.read().toEpochMilli() / 1e3)
        .description("Unix Timestamp in seconds of the last successful FetchKeys data_timestamp")
        .register(meters);
  }

  @Override
  public Uni<Void> start() {
    return Uni.createFrom()
        .completionStage(() ->
            fetch()
                .compose(_ -> client.maxExpirationSeconds())
                .map(this::lasts)
                .onSuccess(_ -> schedule(keys.refresh()))
                .toCompletionStage())
        .onFailure()
        .transform(e ->
            new IllegalStateException(
                "while setting up external-jwt-signer: " + e.getMessage(), e));
  }

  private @Nullable Void lasts(long seconds) {
    if (seconds < LEAST_SECONDS) {
      throw new IllegalStateException(
          "max token life supported by external-jwt-signer ("
              + seconds
              + "s) is less than acceptable (min "
              + LEAST_SECONDS
              + "s)");
    }
    longest = seconds;
    return null;
  }

  private synchronized void schedule(Duration after) {
    if (!stopped) {
      timer = vertx.setTimer(after.toMillis(), _ -> refresh());
    }
  }

  private void refresh() {
    fetch()
        .onSuccess(_ -> schedule(keys.refresh()))
        .onFailure(e -> {
          LOG.atError()
              .addKeyValue("why", e.getMessage())
              .log("The keys of service account tokens cannot be fetched; those known stay");
          schedule(AGAIN);
        });
  }

  @Override
  public synchronized void stop() {
    stopped = true;
    vertx.cancelTimer(timer);
    client.close();
  }

  /** One fetch for all who wait. */
  private synchronized Future<Void> fetch() {
    Future<Void> running = fetching;
    if (running != null) {
      return running;
    }
    Promise<Void> done = Promise.promise();
    fetching = done.future();
    client
        .fetchKeys()
        .onComplete(answer -> {
          if (answer.succeeded()) {
            keys = answer.result();
          }
          count("apiserver_externaljwt_fetch_keys_request_total", answer.succeeded());
          fetched = clock.instant();
          synchronized (this) {
            fetching = null;
          }
          if (answer.succeeded()) {
            done.complete();
          } else {
            done.fail(answer.cause());
          }
        });
    return done.future();
  }

  private void count(String metric, boolean well) {
    meters.counter(metric, "code", well ? "OK" : "Unknown").increment();
  }

  @Override
  public Uni<String> sign(ObjectNode claims) {
    String payload = URL.encodeToString(Json.bytes(claims));
    return Uni.createFrom()
        .completionStage(() ->
            client
                .sign(payload)
                .onComplete(a -> count("apiserver_externaljwt_sign_request_total", a.succeeded()))
                .compose(signed -> checked(signed, payload))
                .toCompletionStage())
        .onFailure()
        .transform(e -> new IllegalStateException("while signing jwt: " + e.getMessage(), e));
  }

  private Future<String> checked(Signed signed, String payload) {
    String kid = keyId(signed.header());
    if (signed.signature().isEmpty()) {
      throw new IllegalStateException("empty signature returned");
    }
    Future<Void> known = key(kid) == null ? fetch().otherwiseEmpty() : Future.succeededFuture();
    return known.map(_ -> {
      Key key = key(kid);
      if (key != null && key.excluded()) {
        throw new IllegalStateException(
            "while validating header: key used for signing JWT (kid: "
                + kid
                + ") is excluded from OIDC discovery docs");
      }
      return signed.header() + "." + payload + "." + signed.signature();
    });
  }

  private static String keyId(String header) {
    JsonNode tree;
    try {
      tree =
          Json.parse(Base64.getUrlDecoder().decode(header.getBytes(StandardCharsets.ISO_8859_1)));
    } catch (IllegalArgumentException | StatusException e) {
      throw new IllegalStateException(
          "while validating header: while unwrapping header: " + e.getMessage(), e);
    }
    String kid = tree.path("kid").asText("");
    String algorithm = tree.path("alg").asText("");
    String wrong =
        !tree.isObject() || tree.properties().stream().anyMatch(e -> !HEADER.contains(e.getKey()))
            ? "it may have nothing beside " + HEADER
            : !tree.path("typ").asText("").equals("JWT")
                ? "bad type"
                : kid.isEmpty()
                    ? "key id missing"
                    : kid.length() > LONGEST_ID
                        ? "key id longer than 1 kb"
                        : ALGORITHMS.contains(algorithm)
                            ? ""
                            : "bad signing algorithm \"" + algorithm + "\"";
    if (!wrong.isEmpty()) {
      throw new IllegalStateException("while validating header: " + wrong);
    }
    return kid;
  }

  private @Nullable Key key(String id) {
    for (Key key : keys.all()) {
      if (key.key().id().equals(id)) {
        return key;
      }
    }
    return null;
  }

  @Override
  public Uni<Boolean> verifies(JsonWebToken token) {
    boolean worthAsking =
        key(token.keyId()) == null
            && !token.keyId().isEmpty()
            && clock.instant().minus(PAUSE).isAfter(fetched);
    return worthAsking
        ? Uni.createFrom()
            .completionStage(() -> fetch().otherwiseEmpty().toCompletionStage())
            .map(_ -> isSigned(token))
        : Uni.createFrom().item(isSigned(token));
  }

  private boolean isSigned(JsonWebToken token) {
    return keys.all().stream()
        .map(Key::key)
        .anyMatch(k ->
            k.id().equals(token.keyId())
                && k.algorithm().equals(token.algorithm())
                && k.verifies(token));
  }

  @Override
  public List<ObjectNode> published() {
    return keys.all().stream().filter(k -> !k.excluded()).map(k -> k.key().jwk()).toList();
  }

  @Override
  public long longestSeconds() {
    return longest;
  }
}
