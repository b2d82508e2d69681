package dev.coracle.kubelet.server;

import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Remembers answers of another {@link KubeletAuth} for the upstream times: tokens 2 min, allowed 5
 * min, denied 30 s. Tokens are kept as SHA-256 only. Bounded: the oldest answer goes first.
 * Failures are not remembered. Safe for use by many threads (one lock, held for map access only).
 */
public final class CachingKubeletAuth implements KubeletAuth {
  private static final Duration TOKEN = Duration.ofMinutes(2);
  private static final Duration ALLOWED = Duration.ofMinutes(5);
  private static final Duration DENIED = Duration.ofSeconds(30);

  private final KubeletAuth delegate;
  private final InstantSource clock;
  private final Cache<String, Optional<UserInfo>> tokens;
  private final Cache<Question, Boolean> decisions;

  public CachingKubeletAuth(KubeletAuth delegate, InstantSource clock, int capacity) {
    this.delegate = delegate;
    this.clock = clock;
    this.tokens = new Cache<>(capacity);
    this.decisions = new Cache<>(capacity);
  }

  @Override
  public Uni<Optional<UserInfo>> authenticate(String bearerToken) {
    String digest = digest(bearerToken);
    Optional<Optional<UserInfo>> known = tokens.get(digest, clock.millis());
    if (known.isPresent()) {
      return Uni.createFrom().item(known.get());
    }
    return delegate
        .authenticate(bearerToken)
        .invoke(user ->
            tokens.put(
                digest, user, clock.millis() + (user.isPresent() ? TOKEN : DENIED).toMillis()));
  }

  @Override
  public Uni<Boolean> authorize(UserInfo user, NodeAttributes attributes) {
    // The path is no part of the question that is asked of the cluster, so it is no part of the
    // key.
    Question question =
        new Question(user, attributes.verb(), attributes.subresource(), attributes.nodeName());
    Optional<Boolean> known = decisions.get(question, clock.millis());
    if (known.isPresent()) {
      return Uni.createFrom().item(known.get());
    }
    return delegate
        .authorize(user, attributes)
        .invoke(
            ok -> decisions.put(question, ok, clock.millis() + (ok ? ALLOWED : DENIED).toMillis()));
  }

  private static String digest(String token) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private record Question(UserInfo user, String verb, String subresource, String nodeName) {}

  private record Held<V>(V value, long expiresAtMillis) {}

  private static final class Cache<K, V> {
    private final Map<K, Held<V>> entries;

    Cache(int capacity) {
      this.entries =
          new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<K, Held<V>> eldest) {
              return size() > capacity;
            }
          };
    }

    synchronized Optional<V> get(K key, long now) {
      Held<V> entry = entries.get(key);
      if (entry == null) {
        return Optional.empty();
      }
      if (entry.expiresAtMillis() <= now) {
        entries.remove(key);
        return Optional.empty();
      }
      return Optional.of(entry.value());
    }

    synchronized void put(K key, V value, long expiresAtMillis) {
      entries.remove(key);
      entries.put(key, new Held<>(value, expiresAtMillis));
    }
  }
}
