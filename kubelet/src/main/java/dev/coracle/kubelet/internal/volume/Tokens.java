package dev.coracle.kubelet.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.kubelet.internal.objects.Renewals;
import dev.coracle.kubelet.internal.pod.Pod;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/**
 * Tokens of service accounts bound to pods (KEP-1205), asked for by TokenRequest and kept until
 * four fifths of their life are over. One that cannot be had then stays in use, and is asked for
 * again after a second, then after twice as long each time, up to a minute, and up to half of that
 * longer by chance, so that a server that comes back is not asked by all at once. Blocks; safe for
 * any thread.
 */
public final class Tokens implements Renewals {
  private record Key(String podUid, String audience, long seconds) {}

  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final Duration LAST_RETRY = Duration.ofMinutes(1);

  /**
   * @param refreshAt when it is asked for again
   * @param retry what is waited for when that fails, but for chance
   */
  private record Token(String text, Instant refreshAt, Duration retry) {
    Token failed(Instant now, double chance) {
      Duration wait = retry.plusNanos((long) (retry.toNanos() / 2 * chance));
      Duration twice = retry.multipliedBy(2);
      return new Token(text, now.plus(wait), twice.compareTo(LAST_RETRY) > 0 ? LAST_RETRY : twice);
    }
  }

  private final Client client;
  private final Clock clock;
  private final RandomGenerator random;
  private final Map<Key, Token> tokens = new ConcurrentHashMap<>();

  /**
   * @param random safe for any thread
   */
  public Tokens(Client client, Clock clock, RandomGenerator random) {
    this.client = client;
    this.clock = clock;
    this.random = random;
  }

  /**
   * @param wanted a {@code serviceAccountToken} projection
   */
  public String token(Pod pod, JsonNode wanted) {
    Key key =
        new Key(
            pod.uid(),
            wanted.path("audience").asText(""),
            wanted.path("expirationSeconds").asLong(3600));
    Token known = tokens.get(key);
    if (known != null && clock.instant().isBefore(known.refreshAt)) {
      return known.text;
    }
    try {
      Token fresh = request(pod, key);
      tokens.put(key, fresh);
      return fresh.text;
    } catch (StatusException e) {
      if (known == null) {
        throw e;
      }
      tokens.replace(key, known, known.failed(clock.instant(), random.nextDouble()));
      return known.text;
    }
  }

  private Token request(Pod pod, Key key) {
    KubeObject request =
        KubeObject.of(
            KubeObject.create(
                    new GroupVersionKind("authentication.k8s.io", "v1", "TokenRequest"),
                    "",
                    "",
                    node -> {
                      ObjectNode spec = node.putObject("spec");
                      var audiences = spec.putArray("audiences");
                      if (!key.audience.isEmpty()) {
                        audiences.add(key.audience);
                      }
                      spec.put("expirationSeconds", key.seconds);
                      spec.putObject("boundObjectRef")
                          .put("apiVersion", "v1")
                          .put("kind", "Pod")
                          .put("name", pod.name())
                          .put("uid", pod.uid());
                    })
                .with(node -> node.withObjectProperty("metadata").remove("name"))
                .edit());
    KubeObject answer =
        client
            .createSubresource(
                Resources.SERVICE_ACCOUNTS,
                pod.namespace(),
                pod.spec().path("serviceAccountName").asText("default"),
                "token",
                request,
                WriteOptions.NONE)
            .await()
            .atMost(Duration.ofSeconds(30));
    Instant now = clock.instant();
    Instant expires = Timestamps.parse(answer.text("status", "expirationTimestamp"));
    Duration life = Duration.between(now, expires == null ? now.plusSeconds(key.seconds) : expires);
    Duration day = Duration.ofHours(24);
    Duration keep = life.multipliedBy(4).dividedBy(5);
    return new Token(
        answer.text("status", "token"),
        now.plus(keep.compareTo(day) > 0 ? day : keep),
        FIRST_RETRY);
  }

  @Override
  public Optional<Instant> nextRefresh(String podUid) {
    return tokens.entrySet().stream()
        .filter(e -> e.getKey().podUid.equals(podUid))
        .map(e -> e.getValue().refreshAt)
        .min(Instant::compareTo);
  }

  @Override
  public void forget(String podUid) {
    tokens.keySet().removeIf(k -> k.podUid.equals(podUid));
  }
}
