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

/**
 * Tokens of service accounts bound to pods (KEP-1205), asked for by TokenRequest and kept until
 * four fifths of their life are over. Blocks; safe for any thread.
 */
public final class Tokens implements Renewals {
  private record Key(String podUid, String audience, long seconds) {}

  private record Token(String text, Instant refreshAt) {}

  private final Client client;
  private final Clock clock;
  private final Map<Key, Token> tokens = new ConcurrentHashMap<>();

  public Tokens(Client client, Clock clock) {
    this.client = client;
    this.clock = clock;
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
      if (known != null) {
        return known.text;
      }
      throw e;
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
        answer.text("status", "token"), now.plus(keep.compareTo(day) > 0 ? day : keep));
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
