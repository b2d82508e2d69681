package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.SchemaType;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A set of paths in an object, as a trie whose steps are written as in {@code fieldsV1} (see {@link
 * PathStep}). A path is in the set where its node is a member; its prefixes need not be. Mutable
 * while it is built; confined to one thread.
 */
public final class FieldSet {

  /** In {@code fieldsV1}: the path that leads here is in the set, as well as some below it. */
  static final String SELF = ".";

  private boolean member;
  private @Nullable TreeMap<String, FieldSet> children;

  public FieldSet() {}

  boolean isMember() {
    return member;
  }

  /** This very path is in the set. */
  FieldSet add() {
    member = true;
    return this;
  }

  /** The node one step below, made if it is missing. */
  FieldSet at(String step) {
    TreeMap<String, FieldSet> c = children;
    if (c == null) {
      c = new TreeMap<>();
      children = c;
    }
    return c.computeIfAbsent(step, s -> new FieldSet());
  }

  /** The node one step below; null where there is none. */
  @Nullable FieldSet get(String step) {
    return children == null ? null : children.get(step);
  }

  private Map<String, FieldSet> children() {
    return children == null ? Map.of() : children;
  }

  /** Calls with each step from here and the node below it. */
  void forEachStep(BiConsumer<String, FieldSet> action) {
    children().forEach(action);
  }

  boolean hasChildren() {
    return children != null && !children.isEmpty();
  }

  public boolean isEmpty() {
    if (member) {
      return false;
    }
    for (FieldSet child : children().values()) {
      if (!child.isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /** Puts a path in the set. */
  FieldSet with(String... path) {
    FieldSet node = this;
    for (String step : path) {
      node = node.at(step);
    }
    node.member = true;
    return this;
  }

  FieldSet copy() {
    FieldSet out = new FieldSet();
    out.addAll(this);
    return out;
  }

  void addAll(FieldSet other) {
    member |= other.member;
    other.children().forEach((step, child) -> at(step).addAll(child));
  }

  FieldSet union(FieldSet other) {
    FieldSet out = copy();
    out.addAll(other);
    return out;
  }

  /** Takes the paths of another set into this one, and its nodes where it can: it is given away. */
  FieldSet adopt(FieldSet other) {
    member |= other.member;
    TreeMap<String, FieldSet> theirs = other.children;
    if (theirs == null) {
      return this;
    }
    TreeMap<String, FieldSet> mine = children;
    if (mine == null) {
      children = theirs;
      return this;
    }
    theirs.forEach((step, child) -> mine.merge(step, child, FieldSet::adopt));
    return this;
  }

  /** Takes the paths of the other, and everything below them, out of this set. */
  FieldSet dropTrees(FieldSet other) {
    member &= !other.member;
    TreeMap<String, FieldSet> mine = children;
    if (mine != null) {
      other
          .children()
          .forEach((step, theirs) ->
              mine.computeIfPresent(
                  step, (_, child) -> theirs.member ? null : child.dropTrees(theirs)));
    }
    return this;
  }

  /** Takes exactly the paths of the other out of this set. */
  FieldSet drop(FieldSet other) {
    member &= !other.member;
    TreeMap<String, FieldSet> mine = children;
    if (mine != null) {
      other
          .children()
          .forEach((step, theirs) -> mine.computeIfPresent(step, (_, child) -> child.drop(theirs)));
    }
    return this;
  }

  /** Takes out the nodes that hold no path. */
  FieldSet prune() {
    TreeMap<String, FieldSet> mine = children;
    if (mine != null) {
      mine.values().removeIf(child -> !child.prune().member && !child.hasChildren());
    }
    return this;
  }

  /** Without exactly the paths of the other; what lies below them stays. */
  FieldSet minus(FieldSet other) {
    FieldSet out = new FieldSet();
    out.member = member && !other.member;
    children()
        .forEach((step, child) -> {
          FieldSet o = other.get(step);
          put(out, step, o == null ? child.copy() : child.minus(o));
        });
    return out;
  }

  /** Without the paths of the other and everything below them. */
  FieldSet minusTrees(FieldSet other) {
    FieldSet out = new FieldSet();
    out.member = member && !other.member;
    children()
        .forEach((step, child) -> {
          FieldSet o = other.get(step);
          if (o == null) {
            put(out, step, child.copy());
          } else if (!o.member) {
            put(out, step, child.minusTrees(o));
          }
        });
    return out;
  }

  FieldSet and(FieldSet other) {
    FieldSet out = new FieldSet();
    out.member = member && other.member;
    children()
        .forEach((step, child) -> {
          FieldSet o = other.get(step);
          if (o != null) {
            put(out, step, child.and(o));
          }
        });
    return out;
  }

  /** Whether a path of this set is in one that is written as {@code fieldsV1}. */
  boolean meets(ObjectNode fieldsV1) {
    for (Map.Entry<String, FieldSet> child : children().entrySet()) {
      if (fieldsV1.get(child.getKey()) instanceof ObjectNode there
          && (child.getValue().member && isMember(there) || child.getValue().meets(there))) {
        return true;
      }
    }
    return false;
  }

  /** Whether all paths of this set are in one that is written as {@code fieldsV1}. */
  boolean isWithin(ObjectNode fieldsV1) {
    for (Map.Entry<String, FieldSet> child : children().entrySet()) {
      FieldSet below = child.getValue();
      boolean within =
          fieldsV1.get(child.getKey()) instanceof ObjectNode there
              ? (!below.member || isMember(there)) && below.isWithin(there)
              : below.isEmpty();
      if (!within) {
        return false;
      }
    }
    return true;
  }

  private static boolean isMember(ObjectNode fieldsV1) {
    return fieldsV1.isEmpty() || fieldsV1.has(SELF);
  }

  private static void put(FieldSet to, String step, FieldSet child) {
    if (!child.isEmpty()) {
      if (to.children == null) {
        to.children = new TreeMap<>();
      }
      to.children.put(step, child);
    }
  }

  /** With every declared field that is a prefix of a path made a member too. */
  FieldSet withNamedFields(@Nullable SchemaType type) {
    FieldSet out = new FieldSet();
    out.member = member;
    children()
        .forEach((step, child) -> {
          SchemaType below = PathStep.typeBelow(type, step);
          FieldSet made = child.withNamedFields(below);
          if (type != null && PathStep.isField(step) && type.field(PathStep.name(step)) != null) {
            made.member = true;
          }
          put(out, step, made);
        });
    return out;
  }

  /** Calls with each path of the set, as people read it: {@code .spec.containers[name="a"]}. */
  void forEachPath(Consumer<String> action) {
    walk("", action);
  }

  /** As upstream does: of each level what ends there, and then what goes on. */
  private void walk(String prefix, Consumer<String> action) {
    children()
        .forEach((step, child) -> {
          if (child.member) {
            action.accept(prefix + PathStep.display(step));
          }
        });
    children().forEach((step, child) -> child.walk(prefix + PathStep.display(step), action));
  }

  /** The form of {@code fieldsV1}. */
  public ObjectNode toJson() {
    return write(Json.object());
  }

  private ObjectNode write(ObjectNode out) {
    children()
        .forEach((step, child) -> {
          ObjectNode below = Json.object();
          if (child.member && child.hasChildren()) {
            below.set(SELF, Json.object());
          }
          out.set(step, child.write(below));
        });
    return out;
  }

  /**
   * Reads {@code fieldsV1}; steps of an unknown kind are passed over.
   *
   * @throws IllegalArgumentException of what is no step
   */
  public static FieldSet of(JsonNode fieldsV1) {
    FieldSet out = new FieldSet();
    fieldsV1.forEachEntry((step, below) -> {
      if (step.equals(SELF)) {
        out.member = true;
      } else if (PathStep.isKnown(step)) {
        FieldSet child = of(below);
        child.member |= !child.hasChildren();
        if (out.children == null) {
          out.children = new TreeMap<>();
        }
        out.children.put(PathStep.canonical(step), child);
      }
    });
    return out;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof FieldSet o && toJson().equals(o.toJson()) && member == o.member;
  }

  @Override
  public int hashCode() {
    return toJson().hashCode();
  }

  @Override
  public String toString() {
    return toJson().toString();
  }
}
