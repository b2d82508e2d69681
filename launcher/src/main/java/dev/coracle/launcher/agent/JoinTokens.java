package dev.coracle.launcher.agent;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.client.Client;
import dev.coracle.launcher.UserErrorException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/**
 * Bootstrap tokens, {@code id.secret}, as Secrets of {@code kube-system} (Kubernetes docs,
 * "Authenticating with Bootstrap Tokens"). Blocks.
 */
public final class JoinTokens {

  private static final String NAMESPACE = "kube-system";
  private static final String TYPE = "bootstrap.kubernetes.io/token";
  private static final String PREFIX = "bootstrap-token-";
  private static final String GROUPS = "auth-extra-groups";
  private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";
  private static final int ID_LENGTH = 6;
  private static final int SECRET_LENGTH = 16;
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** What a machine becomes that joins with a token. */
  public enum Kind {
    NODE(""),
    SERVER("system:bootstrappers:coracle:servers");

    private final String group;

    Kind(String group) {
      this.group = group;
    }

    /** As people read it. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * One token, without its secret.
   *
   * @param expires RFC 3339, empty for never
   */
  public record Known(String id, Kind kind, String expires, String description) {}

  /**
   * A token that was made.
   *
   * @param token {@code id.secret}
   * @param secret the Secret that it is kept as
   */
  public record Issued(String token, KubeObject secret) {

    /** Never the token. */
    @Override
    public String toString() {
      return "Issued[" + secret.name() + "]";
    }
  }

  private final Client client;
  private final Clock clock;
  private final SecureRandom random;

  public JoinTokens(Client client, Clock clock, SecureRandom random) {
    this.client = client;
    this.clock = clock;
    this.random = random;
  }

  /** The name of the Secret that keeps the token of this id. */
  public static String secretName(String id) {
    return PREFIX + id;
  }

  /** The part of a token that is no secret. */
  public static String id(String token) {
    int dot = token.indexOf('.');
    return dot < 0 ? token : token.substring(0, dot);
  }

  /**
   * A new token.
   *
   * @param life zero for one that does not end
   */
  public Issued create(Kind kind, Duration life, String description) {
    String id = word(ID_LENGTH);
    String secret = word(SECRET_LENGTH);
    KubeObject object =
        KubeObject.create(
            new GroupVersionKind("", "v1", "Secret"),
            NAMESPACE,
            PREFIX + id,
            o -> {
              o.put("type", TYPE);
              ObjectNode data = o.putObject("data");
              put(data, "token-id", id);
              put(data, "token-secret", secret);
              put(data, "usage-bootstrap-authentication", "true");
              // Finding the cluster by its signed description is for nodes.
              if (kind == Kind.NODE) {
                put(data, "usage-bootstrap-signing", "true");
              } else {
                put(data, GROUPS, kind.group);
              }
              if (!description.isEmpty()) {
                put(data, "description", description);
              }
              if (life.isPositive()) {
                put(
                    data,
                    "expiration",
                    clock.instant().plus(life).truncatedTo(ChronoUnit.SECONDS).toString());
              }
            });
    return new Issued(
        id + "." + secret,
        client
            .create(Resources.SECRETS, NAMESPACE, object, WriteOptions.NONE)
            .await()
            .atMost(LIMIT));
  }

  private static void put(ObjectNode data, String key, String value) {
    data.put(key, Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8)));
  }

  private String word(int length) {
    StringBuilder out = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      out.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
    }
    return out.toString();
  }

  public List<Known> list() {
    return client
        .list(
            Resources.SECRETS,
            NAMESPACE,
            ListOptions.ALL.withFields(FieldSelector.equalTo("type", TYPE)))
        .await()
        .atMost(LIMIT)
        .items()
        .stream()
        .map(s ->
            new Known(
                text(s, "token-id"),
                List.of(text(s, GROUPS).split(",")).contains(Kind.SERVER.group)
                    ? Kind.SERVER
                    : Kind.NODE,
                text(s, "expiration"),
                text(s, "description")))
        .toList();
  }

  private static String text(KubeObject secret, String key) {
    try {
      return new String(
          Base64.getDecoder().decode(secret.text("data", key)), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  /**
   * @param token the id, or the whole token
   */
  public void delete(String token) {
    String id = id(token);
    try {
      client
          .delete(Resources.SECRETS, NAMESPACE, PREFIX + id, DeleteOptions.now())
          .await()
          .atMost(LIMIT);
    } catch (StatusException e) {
      throw StatusException.isNotFound(e)
          ? new UserErrorException("there is no token with the id " + id)
          : e;
    }
  }
}
