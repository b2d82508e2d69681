package dev.coracle.dashboard.fake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The objects, one revision for all of them, and the history that watches resume from. All state is
 * guarded by this object's monitor; listeners are called inside it and must not block.
 */
public final class FakeCluster {
  /** One change; {@code object} is a copy that nobody changes. */
  public record Change(long revision, String type, FakeKind kind, ObjectNode object) {}

  /** Hears every change. */
  public interface Listener {
    void changed(Change change);
  }

  /** The watch asked for history that is gone. */
  public static final class Expired extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  public static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, ObjectNode> objects = new LinkedHashMap<>();
  private final List<Change> history = new ArrayList<>();
  private final List<Listener> listeners = new ArrayList<>();
  private long revision = 1000;
  private long compacted = 999;

  public synchronized long revision() {
    return revision;
  }

  /** Stores an object given as JSON text; single quotes stand for double ones. */
  public ObjectNode put(String text) {
    try {
      return put((ObjectNode) JSON.readTree(text.replace('\'', '"')));
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Stores an object: new, or over an old one of its name. Fills in what a server fills in. */
  public synchronized ObjectNode put(ObjectNode given) {
    ObjectNode object = given.deepCopy();
    FakeKind kind = FakeKind.of(object.path("apiVersion").asText(), object.path("kind").asText());
    ObjectNode meta = object.withObject("/metadata");
    if (kind.namespaced() && !meta.has("namespace")) {
      meta.put("namespace", "default");
    }
    String key = key(kind, meta.path("namespace").asText(), meta.path("name").asText());
    ObjectNode old = objects.get(key);
    revision++;
    meta.put("resourceVersion", Long.toString(revision));
    meta.put(
        "uid",
        old != null ? old.at("/metadata/uid").asText() : meta.path("uid").asText(newUid(meta)));
    if (!meta.has("creationTimestamp")) {
      meta.put("creationTimestamp", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    }
    objects.put(key, object);
    publish(new Change(revision, old == null ? "ADDED" : "MODIFIED", kind, object));
    return object;
  }

  private static String newUid(ObjectNode meta) {
    return UUID.nameUUIDFromBytes((meta.toString() + System.nanoTime()).getBytes()).toString();
  }

  public synchronized @Nullable ObjectNode delete(FakeKind kind, String namespace, String name) {
    ObjectNode old = objects.remove(key(kind, namespace, name));
    if (old != null) {
      ObjectNode last = old.deepCopy();
      revision++;
      last.withObject("/metadata").put("resourceVersion", Long.toString(revision));
      publish(new Change(revision, "DELETED", kind, last));
    }
    return old;
  }

  public synchronized @Nullable ObjectNode get(FakeKind kind, String namespace, String name) {
    ObjectNode found = objects.get(key(kind, namespace, name));
    return found == null ? null : found.deepCopy();
  }

  public synchronized List<ObjectNode> list(FakeKind kind, Predicate<JsonNode> wanted) {
    String prefix = kind.group() + "/" + kind.resource() + "/";
    return objects.entrySet().stream()
        .filter(e -> e.getKey().startsWith(prefix) && wanted.test(e.getValue()))
        .map(Map.Entry::getValue)
        .toList();
  }

  /** Replays what came after a revision, then hears of everything that follows. */
  public synchronized void watch(long from, Listener listener) {
    if (from < compacted) {
      throw new Expired();
    }
    history.stream().filter(change -> change.revision > from).forEach(listener::changed);
    listeners.add(listener);
  }

  public synchronized void unwatch(Listener listener) {
    listeners.remove(listener);
  }

  /** Forgets the history, as a compaction does. */
  public synchronized void compact() {
    history.clear();
    compacted = revision;
  }

  private void publish(Change change) {
    history.add(change);
    List.copyOf(listeners).forEach(listener -> listener.changed(change));
  }

  private static String key(FakeKind kind, String namespace, String name) {
    return kind.group() + "/" + kind.resource() + "/" + namespace + "/" + name;
  }
}
