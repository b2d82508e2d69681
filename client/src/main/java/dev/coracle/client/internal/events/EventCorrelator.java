package dev.coracle.client.internal.events;

import dev.coracle.api.KubeObject;
import dev.coracle.api.TokenBucket;
import dev.coracle.client.SerialContext;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Decides whether an event is new, one more of the same, or too much, with client-go's figures:
 * more than 10 different messages of one reason about one object within 10 minutes are combined; an
 * object may have 25 events at once and one more every 5 minutes. Remembers the 4096 used last.
 * Owned by one context.
 */
public final class EventCorrelator {

  private static final int REMEMBERED = 4096;
  private static final int SIMILAR = 10;
  private static final long SIMILAR_NANOS = Duration.ofMinutes(10).toNanos();
  private static final double BURST = 25;
  private static final double PER_SECOND = 1.0 / Duration.ofMinutes(5).toSeconds();

  /** What makes events equal; without the message, similar. */
  public record Key(String about, String type, String reason, String message) {}

  /** What to do with an event. */
  public sealed interface Decision {
    record Drop() implements Decision {}

    record Create(KubeObject event, Key key) implements Decision {}

    /**
     * @param event the stored one with its count, message and time brought up to date
     */
    record Count(KubeObject event, Key key) implements Decision {}
  }

  private static final class Similar {
    final Set<String> messages = new HashSet<>();
    long at;
  }

  private final SerialContext context;
  private final Map<Key, KubeObject> known = recent();
  private final Map<String, TokenBucket> budgets = recent();
  private final Map<Key, Similar> similar = recent();

  public EventCorrelator(SerialContext context) {
    this.context = context;
  }

  private static <K, V> Map<K, V> recent() {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > REMEMBERED;
      }
    };
  }

  public Decision decide(KubeObject event, Key key) {
    long now = context.nanoTime();
    Key group = new Key(key.about(), key.type(), key.reason(), "");
    Similar alike = similar.computeIfAbsent(group, _ -> new Similar());
    if (now - alike.at > SIMILAR_NANOS) {
      alike.messages.clear();
    }
    alike.at = now;
    if (alike.messages.size() < SIMILAR) {
      alike.messages.add(key.message());
    }
    boolean combined = alike.messages.size() >= SIMILAR && !alike.messages.contains(key.message());
    Key as = combined ? group : key;
    if (!spend(key.about(), now)) {
      return new Decision.Drop();
    }
    String message =
        combined
            ? "(combined from similar events): " + event.text("message")
            : event.text("message");
    KubeObject before = known.get(as);
    if (before == null) {
      return new Decision.Create(event.with(n -> n.put("message", message)), as);
    }
    return new Decision.Count(
        before.with(n ->
            n.put("count", before.at("count").asInt(1) + 1)
                .put("message", message)
                .put("lastTimestamp", event.text("lastTimestamp"))),
        as);
  }

  /** Remembers an event as the API has stored it. */
  public void written(Key key, KubeObject stored) {
    known.put(key, stored);
  }

  private boolean spend(String about, long now) {
    return budgets.computeIfAbsent(about, _ -> new TokenBucket(PER_SECOND, BURST, now)).take(now);
  }
}
