package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.StatusException;
import dev.coracle.api.TokenBucket;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import io.smallrye.mutiny.Uni;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Refuses Events that come faster than the configuration allows: all together, of a namespace, of a
 * user, or of a source about an object (Kubernetes docs, "EventRateLimit").
 */
public final class EventRateLimit implements AdmissionPlugin {

  private static final int MOST_KEYS = 4096;

  /** What is counted together. */
  public enum Type {
    SERVER("Server"),
    NAMESPACE("Namespace"),
    USER("User"),
    SOURCE_AND_OBJECT("SourceAndObject");

    private final String text;

    Type(String text) {
      this.text = text;
    }

    /** As the configuration spells them. */
    public static String[] texts() {
      return Arrays.stream(values()).map(Type::toString).toArray(String[]::new);
    }

    /**
     * @param text one of {@link #texts}
     */
    public static Type valueOfText(String text) {
      return Arrays.stream(values()).filter(t -> t.text.equals(text)).findFirst().orElseThrow();
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * One limit.
   *
   * @param qps events a second
   * @param burst how many may come at once
   * @param cacheSize how many keys are remembered; 0 for 4096
   */
  public record Limit(Type type, int qps, int burst, int cacheSize) {}

  private static final class Enforcer {
    private final Limit limit;
    private final Map<String, TokenBucket> buckets;

    Enforcer(Limit limit) {
      this.limit = limit;
      int most = limit.cacheSize == 0 ? MOST_KEYS : limit.cacheSize;
      this.buckets =
          new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, TokenBucket> eldest) {
              return size() > most;
            }
          };
    }

    synchronized boolean accepts(String key, long now) {
      return buckets
          .computeIfAbsent(key, _ -> new TokenBucket(limit.qps, limit.burst, now))
          .take(now);
    }
  }

  private final List<Enforcer> enforcers;
  private final LongSupplier nanoTime;

  EventRateLimit(List<Limit> limits, LongSupplier nanoTime) {
    this.enforcers = limits.stream().map(Enforcer::new).toList();
    this.nanoTime = nanoTime;
  }

  @Override
  public String name() {
    return "EventRateLimit";
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    ObjectNode event = request.object();
    if (event == null
        || request.operation() != Operation.CREATE && request.operation() != Operation.UPDATE
        || !request.resource().resource().equals("events")) {
      return Backstage.DONE;
    }
    long now = nanoTime.getAsLong();
    String refused = null;
    for (Enforcer enforcer : enforcers) {
      String key = key(enforcer.limit.type, request, event);
      if (!enforcer.accepts(key, now)) {
        refused = "limit reached on type " + enforcer.limit.type + " for key " + key;
      }
    }
    if (refused != null) {
      throw StatusException.tooManyRequests(refused, 1);
    }
    return Backstage.DONE;
  }

  private static String key(Type type, AdmissionRequest request, JsonNode event) {
    return switch (type) {
      case SERVER -> "";
      case NAMESPACE -> request.call().namespace();
      case USER -> request.call().user().name();
      case SOURCE_AND_OBJECT -> {
        JsonNode source = either(event, "source", "deprecatedSource");
        JsonNode object = either(event, "involvedObject", "regarding");
        yield text(source, "component")
            + text(source, "host")
            + text(object, "kind")
            + text(object, "namespace")
            + text(object, "name")
            + text(object, "uid")
            + text(object, "apiVersion");
      }
    };
  }

  /** Of the core group, or of events.k8s.io. */
  private static JsonNode either(JsonNode event, String core, String other) {
    return event.has(core) ? event.path(core) : event.path(other);
  }

  private static String text(JsonNode node, String field) {
    return node.path(field).asText("");
  }
}
