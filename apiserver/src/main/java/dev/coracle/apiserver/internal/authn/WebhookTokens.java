package dev.coracle.apiserver.internal.authn;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.http.RemoteJson;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a service about tokens nobody else knows, with a TokenReview of authentication.k8s.io/v1.
 */
public final class WebhookTokens implements Authenticator {

  private static final Logger LOG = LoggerFactory.getLogger(WebhookTokens.class);

  private final RemoteJson remote;
  private final Duration ttl;
  private final AnswerCache<String, Optional<Result>> cache;

  public WebhookTokens(RemoteJson remote, Duration ttl, Clock clock) {
    this.remote = remote;
    this.ttl = ttl;
    this.cache = new AnswerCache<>(clock);
  }

  @Override
  public Uni<Optional<Result>> authenticate(String token, List<String> audiences) {
    String key = digest(token) + audiences;
    Optional<Optional<Result>> known = cache.get(key);
    if (known.isPresent()) {
      return Uni.createFrom().item(known.get());
    }
    ObjectNode review =
        Json.object().put("apiVersion", "authentication.k8s.io/v1").put("kind", "TokenReview");
    ObjectNode spec = review.putObject("spec").put("token", token);
    audiences.forEach(spec.putArray("audiences")::add);
    return Uni.createFrom()
        .completionStage(() -> remote.post(review).toCompletionStage())
        .map(answer -> result(answer.path("status"), audiences))
        .invoke(result -> cache.put(key, result, ttl))
        .onFailure()
        .invoke(e ->
            LOG.atWarn()
                .addKeyValue("cause", e.getMessage())
                .log("The authentication webhook does not answer"))
        .onFailure()
        .recoverWithItem(Optional.empty());
  }

  private static Optional<Result> result(JsonNode status, List<String> asked) {
    JsonNode user = status.path("user");
    if (!status.path("authenticated").asBoolean(false)
        || user.path("username").asText("").isEmpty()) {
      return Optional.empty();
    }
    List<String> accepted = new ArrayList<>();
    status.path("audiences").forEach(a -> accepted.add(a.asText()));
    if (!accepted.isEmpty() && accepted.stream().noneMatch(asked::contains)) {
      return Optional.empty();
    }
    List<String> groups = new ArrayList<>();
    user.path("groups").forEach(g -> groups.add(g.asText()));
    if (!groups.contains(UserInfo.AUTHENTICATED)) {
      groups.add(UserInfo.AUTHENTICATED);
    }
    Map<String, List<String>> extra = new HashMap<>();
    user.path("extra")
        .properties()
        .forEach(e -> {
          List<String> values = new ArrayList<>();
          e.getValue().forEach(v -> values.add(v.asText()));
          extra.put(e.getKey(), values);
        });
    return Optional.of(
        new Result(
            new UserInfo(
                user.path("username").asText(), user.path("uid").asText(""), groups, extra),
            accepted));
  }

  /** The cache keeps no tokens. */
  private static String digest(String token) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
