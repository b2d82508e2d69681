package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.ref.SoftReference;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One Kubernetes object: an immutable JSON tree with its encoding cached, whichever of the two it
 * was made from. Both are made on demand, so an object that is only stored and forwarded is never
 * parsed, and one that many watchers receive is encoded once.
 *
 * <p><b>Immutability is a contract of trust.</b> {@link #tree()} and {@link #at} hand out the live
 * nodes without copying; callers never change them. To change an object, {@link #edit()} a deep
 * copy or use {@link #with}. Whoever hands a tree to {@link #of} gives it away.
 *
 * <p>Safe for use by any number of threads: the cached forms are written once each, and a lost race
 * only computes an equal value twice.
 */
public final class KubeObject {

  private static final String MANAGED_FIELDS = "managedFields";

  private volatile @Nullable ObjectNode tree;
  private volatile byte @Nullable [] json;
  private volatile byte @Nullable [] other;
  private volatile @Nullable SoftReference<byte[]> compressed;
  private volatile @Nullable Map<String, String> labels;
  private volatile @Nullable WeakReference<KubeObject> trimmed;

  private KubeObject(@Nullable ObjectNode tree, byte @Nullable [] json) {
    this.tree = tree;
    this.json = json;
  }

  /** Wraps a tree, which the caller must not touch any more. */
  public static KubeObject of(ObjectNode tree) {
    return new KubeObject(tree, null);
  }

  /**
   * Wraps an encoded object without parsing it, for bytes that are known to be a valid object. The
   * caller must not touch the array any more.
   */
  public static KubeObject ofJson(byte[] json) {
    return new KubeObject(null, json);
  }

  /**
   * Parses and checks that it is a JSON object.
   *
   * @throws StatusException {@code BadRequest}
   */
  public static KubeObject parse(byte[] json) {
    return new KubeObject(Json.parseObject(json), null);
  }

  public static KubeObject parse(String json) {
    return new KubeObject(Json.parseObject(json), null);
  }

  /**
   * A new object with {@code apiVersion}, {@code kind} and metadata; further content by {@code
   * fill}.
   */
  public static KubeObject create(
      GroupVersionKind kind, String namespace, String name, Consumer<ObjectNode> fill) {
    ObjectNode node = Json.object();
    node.put("apiVersion", kind.apiVersion());
    node.put("kind", kind.kind());
    ObjectNode metadata = node.putObject("metadata");
    metadata.put("name", name);
    if (!namespace.isEmpty()) {
      metadata.put("namespace", namespace);
    }
    fill.accept(node);
    return of(node);
  }

  /** The live tree: read, never change. */
  public ObjectNode tree() {
    ObjectNode t = tree;
    if (t == null) {
      t = parsed(json());
      tree = t;
    }
    return t;
  }

  /** Where somebody holds {@link #trimmed()}, only the managers are still to be read. */
  private ObjectNode parsed(byte[] encoding) {
    WeakReference<KubeObject> known = trimmed;
    KubeObject there = known == null ? null : known.get();
    ObjectNode shared = there == null ? null : there.tree;
    return shared == null ? Json.parseKnown(encoding) : Json.parseBeside(encoding, shared);
  }

  /**
   * As {@link #tree()}, for one use: where only the encoding was there so far, the tree is not
   * kept. Who goes over many objects of a cache leaves no trees behind, which take many times the
   * room.
   */
  public ObjectNode treeOnce() {
    ObjectNode t = tree;
    return t != null ? t : parsed(json());
  }

  /** An equal object for one use, for the same reason; it shares this one's encoding. */
  public KubeObject fleeting() {
    byte[] j = json;
    if (tree != null || j == null) {
      return this;
    }
    KubeObject out = new KubeObject(null, j);
    out.trimmed = trimmed;
    return out;
  }

  /**
   * This object without {@code metadata.managedFields}, which is about half of it and concerns only
   * who writes. All who ask while somebody holds the answer share it, so a version that many in
   * this process look at is parsed once; the object itself keeps nothing of it.
   */
  public KubeObject trimmed() {
    WeakReference<KubeObject> known = trimmed;
    KubeObject there = known == null ? null : known.get();
    if (there != null) {
      return there;
    }
    ObjectNode t = tree;
    if (t != null && !t.path("metadata").has(MANAGED_FIELDS)) {
      return this;
    }
    KubeObject made = of(t == null ? Json.parseTrimmed(json()) : withoutManagers(t));
    trimmed = new WeakReference<>(made);
    return made;
  }

  /**
   * Tells what {@link #trimmed()} would be parsed to, where who wrote this encoding still has the
   * tree it was made from. What is as it was before is shared with that version.
   *
   * @param written not changed, and nothing of it is kept but texts
   * @param before the version before, null at a creation
   */
  public void wasWrittenFrom(
      ObjectNode written, String resourceVersion, @Nullable KubeObject before) {
    WeakReference<KubeObject> known = before == null ? null : before.trimmed;
    KubeObject last = known == null ? null : known.get();
    ObjectNode kept = KeptTree.of(written, resourceVersion, last == null ? null : last.tree());
    if (kept != null) {
      trimmed = new WeakReference<>(of(kept));
    }
  }

  /** The tree where there is one already. */
  public @Nullable ObjectNode treeIfThere() {
    return tree;
  }

  /** Shares all that is left. */
  private static ObjectNode withoutManagers(ObjectNode tree) {
    ObjectNode metadata = Json.object();
    metadata.setAll((ObjectNode) tree.get("metadata"));
    metadata.remove(MANAGED_FIELDS);
    ObjectNode out = Json.object();
    out.setAll(tree);
    out.set("metadata", metadata);
    return out;
  }

  /** Whether {@link #json()} is there already. */
  public boolean isEncoded() {
    return json != null;
  }

  /** The object's JSON, encoded at most once: read, never change. */
  public byte[] json() {
    byte[] j = json;
    if (j == null) {
      j = Json.bytes(tree());
      json = j;
    }
    return j;
  }

  /**
   * A second encoding, made at most once by the first who asks and kept with the object: read,
   * never change. There is one such encoding in a process, so all who ask name the same encoder.
   */
  public byte[] encoded(Function<KubeObject, byte[]> encoder) {
    byte[] o = other;
    if (o == null) {
      o = encoder.apply(this);
      other = o;
    }
    return o;
  }

  /**
   * A compressed encoding, made by the first who asks and kept while there is memory for it: read,
   * never change. There is one such encoding in a process, so all who ask name the same encoder.
   */
  public byte[] compressed(Function<KubeObject, byte[]> encoder) {
    SoftReference<byte[]> known = compressed;
    byte[] c = known == null ? null : known.get();
    if (c == null) {
      c = encoder.apply(this);
      compressed = new SoftReference<>(c);
    }
    return c;
  }

  /**
   * Drops the parsed form where the encoded one exists; it comes back on demand. For caches that
   * hold many objects.
   */
  public KubeObject compact() {
    json();
    tree = null;
    labels = null;
    trimmed = null;
    return this;
  }

  /** A deep copy that the caller owns. */
  public ObjectNode edit() {
    return CompactObject.copyOf(tree());
  }

  /** A changed copy. */
  public KubeObject with(Consumer<ObjectNode> change) {
    ObjectNode copy = edit();
    change.accept(copy);
    return of(copy);
  }

  /** The node below this path of field names, a {@link MissingNode} where there is none. */
  public JsonNode at(String... path) {
    JsonNode node = tree();
    for (String field : path) {
      node = node.path(field);
    }
    return node;
  }

  /** The text at this path, empty where there is none. */
  public String text(String... path) {
    return at(path).asText("");
  }

  public String apiVersion() {
    return head("apiVersion");
  }

  public String kind() {
    return head("kind");
  }

  /**
   * A text field that encodings begin with. An object that is only forwarded is not parsed to learn
   * what it is.
   */
  private String head(String field) {
    byte[] j = json;
    if (tree == null && j != null) {
      String found = EncodedHead.field(j, field);
      if (found != null) {
        return found;
      }
    }
    return tree().path(field).asText("");
  }

  /** A text in the metadata. Who learns of an object what it is called does not parse it. */
  private String meta(String field) {
    byte[] j = json;
    if (tree == null && j != null) {
      String found = EncodedHead.metadata(j, field);
      if (found != null) {
        return found;
      }
    }
    return metadata().path(field).asText("");
  }

  public GroupVersionKind gvk() {
    return GroupVersionKind.of(apiVersion(), kind());
  }

  public JsonNode metadata() {
    return tree().path("metadata");
  }

  public String name() {
    return meta("name");
  }

  /** Empty for a cluster-scoped object. */
  public String namespace() {
    return meta("namespace");
  }

  public NamespacedName key() {
    return new NamespacedName(namespace(), name());
  }

  public String uid() {
    return meta("uid");
  }

  /** Empty on an object that was never stored. */
  public String resourceVersion() {
    return meta("resourceVersion");
  }

  public long generation() {
    return metadata().path("generation").asLong(0);
  }

  /** Read once, since selectors ask again and again; not to be changed. */
  public Map<String, String> labels() {
    Map<String, String> l = labels;
    if (l == null) {
      l = Collections.unmodifiableMap(strings(metadata().path("labels")));
      labels = l;
    }
    return l;
  }

  public Map<String, String> annotations() {
    return strings(metadata().path("annotations"));
  }

  public Optional<String> annotation(String key) {
    JsonNode value = metadata().path("annotations").path(key);
    return value.isTextual() ? Optional.of(value.asText()) : Optional.empty();
  }

  public boolean isDeleting() {
    return metadata().hasNonNull("deletionTimestamp");
  }

  public List<String> finalizers() {
    List<String> names = new ArrayList<>();
    metadata().path("finalizers").forEach(f -> names.add(f.asText()));
    return names;
  }

  public List<OwnerReference> ownerReferences() {
    if (!(metadata().path("ownerReferences") instanceof ArrayNode owners) || owners.isEmpty()) {
      return List.of();
    }
    List<OwnerReference> out = new ArrayList<>(owners.size());
    owners.forEach(o -> out.add(OwnerReference.of(o)));
    return out;
  }

  /** The owner that controls this object ({@code controller: true}). */
  public Optional<OwnerReference> controllerOwner() {
    for (JsonNode owner : metadata().path("ownerReferences")) {
      if (owner.path("controller").asBoolean(false)) {
        return Optional.of(OwnerReference.of(owner));
      }
    }
    return Optional.empty();
  }

  /** Reads a JSON object of texts, in its order; anything that is no text is left out. */
  public static Map<String, String> strings(JsonNode node) {
    if (!(node instanceof ObjectNode object) || object.isEmpty()) {
      return Map.of();
    }
    Map<String, String> out = LinkedHashMap.newLinkedHashMap(object.size());
    object.forEachEntry((key, value) -> {
      if (value.isTextual()) {
        out.put(key, value.asText());
      }
    });
    return out;
  }

  /** Equal when the trees are equal. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof KubeObject o && (o == this || o.tree().equals(tree()));
  }

  @Override
  public int hashCode() {
    return java.util.Objects.hash(uid(), resourceVersion(), kind(), name());
  }

  /** For messages: the kind and the name, never the content (it may be a Secret). */
  @Override
  public String toString() {
    return kind() + " " + key() + (resourceVersion().isEmpty() ? "" : "@" + resourceVersion());
  }
}
