package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Status;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.patch.ManagedFields.Entry;
import dev.coracle.api.patch.ManagedFields.Id;
import dev.coracle.api.schema.SchemaType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Server-side apply and field ownership (KEP-555; Kubernetes docs, "Server-Side Apply"). Pure
 * functions: trees that go in are not changed, those that come out carry the new {@code
 * metadata.managedFields} and belong to the caller.
 */
public final class ServerSideApply {

  /** Owns what was there before the first apply, where nothing was tracked. */
  private static final String BEFORE_FIRST_APPLY = "before-first-apply";

  private static final FieldSet NEVER_OWNED =
      new FieldSet()
          .with("f:apiVersion")
          .with("f:kind")
          .with("f:metadata")
          .with("f:metadata", "f:name")
          .with("f:metadata", "f:namespace")
          .with("f:metadata", "f:creationTimestamp")
          .with("f:metadata", "f:selfLink")
          .with("f:metadata", "f:uid")
          .with("f:metadata", "f:clusterName")
          .with("f:metadata", "f:generation")
          .with("f:metadata", "f:managedFields")
          .with("f:metadata", "f:resourceVersion");

  private static final FieldSet NONE = new FieldSet();

  /**
   * Who writes what.
   *
   * @param manager the field manager; for an update, from the query or the user agent
   * @param apiVersion the version the object is written in
   * @param subresource empty, or the one that is written ({@code status}, {@code scale})
   * @param resets what this write leaves as it is, so that the writer does not own it
   */
  public record Writer(
      String manager, String apiVersion, String subresource, ResetFields resets, Instant now) {

    private Id id(boolean apply) {
      return ManagedFields.id(manager, apply, apiVersion, subresource);
    }
  }

  private ServerSideApply() {}

  /**
   * Records who owns what after a create, update or patch.
   *
   * @param live what is stored; null on create
   * @param newer what is about to be stored; the record it brings itself counts for writes of the
   *     object alone, not for those of a subresource
   * @return {@code newer}'s content with the record
   */
  public static ObjectNode track(
      SchemaType type, @Nullable ObjectNode live, ObjectNode newer, Writer writer) {
    return withRecord(newer, managers(type, live, newer, writer));
  }

  /**
   * As {@link #track}, but gives the record alone, {@code metadata.managedFields}; maybe empty. It
   * may share parts with what was given.
   */
  public static ArrayNode record(
      SchemaType type, @Nullable ObjectNode live, ObjectNode newer, Writer writer) {
    return managers(type, live, newer, writer).toJson();
  }

  /**
   * Why {@code metadata.managedFields}, as somebody wrote it, is no record of managers, in
   * upstream's words; null where it is one, or is missing.
   */
  public static @Nullable String problemOfRecord(JsonNode managedFields) {
    return ManagedFields.problem(managedFields);
  }

  private static ManagedFields managers(
      SchemaType type, @Nullable ObjectNode live, ObjectNode newer, Writer writer) {
    JsonNode asked = newer.path("metadata").path("managedFields");
    if (live != null && writer.subresource.isEmpty() && ManagedFields.isReset(asked)) {
      return new ManagedFields();
    }
    JsonNode stored =
        live == null ? MissingNode.getInstance() : live.path("metadata").path("managedFields");
    ManagedFields managers = new ManagedFields();
    if (writer.subresource.isEmpty()) {
      managers = ManagedFields.of(asked);
    }
    if (managers.isEmpty()) {
      managers = ManagedFields.of(stored);
    }
    if (live != null && managers.isEmpty()) {
      // Nothing was tracked so far, and only an apply begins to.
      return managers;
    }
    Id self = writer.id(false);
    if (live == null && managers.isEmpty()) {
      ObjectNode all = NewFields.of(type, newer, writer.resets.trees(), NEVER_OWNED);
      if (!all.isEmpty()) {
        managers.entries.put(
            self,
            new Entry(OwnedFields.of(all), writer.apiVersion, ManagedFields.time(writer.now)));
      }
      return managers;
    }
    JsonNode before = live == null ? MissingNode.getInstance() : live;
    Comparison change = Comparison.of(type, before, newer);
    FieldSet touched =
        writer.resets.dropFrom(change.added.adopt(change.modified)).drop(NEVER_OWNED).prune();
    if (!managers.isEmpty()) {
      takeFromOthers(managers, self, touched, writer.resets.without(change.removed));
    }
    Entry own = managers.entries.get(self);
    OwnedFields kept = own == null ? OwnedFields.of(NONE) : own.fields().minus(change.removed);
    if (!touched.isEmpty()) {
      OwnedFields all = own == null ? OwnedFields.of(touched) : kept.union(touched);
      managers.entries.put(self, new Entry(all, writer.apiVersion, ManagedFields.time(writer.now)));
    } else if (own != null) {
      managers.entries.put(self, own.withFields(kept));
    }
    managers.entries.values().removeIf(e -> e.fields().isEmpty());
    managers.cap();
    return managers;
  }

  /**
   * Applies a configuration.
   *
   * @param live what is stored; null when the object does not exist
   * @param config the whole intent of the manager; fields it owned before and leaves out now go,
   *     unless somebody else owns them too
   * @param force take over what others own, instead of failing
   * @throws StatusException {@code Conflict} with a cause per field that somebody else owns with
   *     another value
   */
  public static ObjectNode apply(
      SchemaType type, @Nullable ObjectNode live, ObjectNode config, Writer writer, boolean force) {
    if (config.path("metadata").path("managedFields").isArray()) {
      throw StatusException.badRequest("metadata.managedFields must be nil");
    }
    ObjectNode before = live == null ? Json.object() : withoutRecord(live);
    ObjectNode intent = withoutRecord(config);
    ApplyCheck.check(type, intent, writer.apiVersion);
    ManagedFields managers =
        live == null
            ? new ManagedFields()
            : ManagedFields.of(live.path("metadata").path("managedFields"));
    if (live != null && managers.isEmpty()) {
      Comparison all = Comparison.of(type, MissingNode.getInstance(), before);
      managers.entries.put(
          ManagedFields.id(BEFORE_FIRST_APPLY, false, writer.apiVersion, ""),
          new Entry(
              writer.resets.without(all.added.union(all.modified)).minus(NEVER_OWNED),
              writer.apiVersion,
              ManagedFields.time(writer.now)));
    }
    Id self = writer.id(true);
    Entry last = managers.entries.get(self);
    FieldSet said = TypedTree.fieldSet(type, intent);
    FieldSet set = writer.resets.without(said).minus(NEVER_OWNED);
    JsonNode merged = TypedTree.merge(type, before, intent);
    managers.entries.put(self, new Entry(set, writer.apiVersion, last == null ? "" : last.time()));
    if (last != null && !last.fields().isEmpty()) {
      merged = prune(type, merged, managers, said, last.fields().set());
    }
    Comparison change = Comparison.of(type, before, merged);
    FieldSet touched = writer.resets.without(change.added.union(change.modified));
    if (!force && live != null) {
      checkConflicts(type, before, writer, conflicts(managers, self, touched));
    }
    takeFromOthers(managers, self, touched, writer.resets.without(change.removed));
    managers.entries.values().removeIf(e -> e.fields().isEmpty());
    // Who only owns more of what is there already has not written it; upstream tells no time then.
    boolean noop = live != null && Trees.equal(before, merged);
    Entry own = managers.entries.get(self);
    if (own != null && !noop) {
      managers.entries.put(
          self, new Entry(own.fields(), own.apiVersion(), ManagedFields.time(writer.now)));
    }
    ObjectNode result = withRecord((ObjectNode) merged, managers);
    LastApplied.keep(result, intent, writer);
    return result;
  }

  private static void checkConflicts(
      SchemaType type, ObjectNode before, Writer writer, Map<Id, FieldSet> conflicts) {
    if (conflicts.isEmpty()) {
      return;
    }
    FieldSet allowed = LastApplied.unchanged(type, before, writer);
    conflicts.replaceAll((id, fields) -> fields.minus(allowed));
    conflicts.values().removeIf(FieldSet::isEmpty);
    if (!conflicts.isEmpty()) {
      throw conflict(conflicts);
    }
  }

  /**
   * The object with a configuration laid over it, by the lists' and maps' own rules; nobody's
   * ownership changes. A new tree.
   */
  public static ObjectNode merge(SchemaType type, ObjectNode live, ObjectNode config) {
    return (ObjectNode) TypedTree.merge(type, live, config);
  }

  /**
   * Removes what the manager gave up: everything it owned, but for what anybody owns now and for
   * what nobody ever owned.
   *
   * @param said all that the configuration says, its name too: what is never owned holds the
   *     metadata in which it stands
   */
  private static JsonNode prune(
      SchemaType type, JsonNode merged, ManagedFields managers, FieldSet said, FieldSet last) {
    JsonNode pruned = TypedTree.without(type, merged, last.withNamedFields(type));
    FieldSet owned = new FieldSet();
    owned.addAll(said);
    managers.entries.values().forEach(e -> owned.addAll(e.fields().set()));
    FieldSet all = TypedTree.fieldSet(type, merged).withNamedFields(type);
    FieldSet left = TypedTree.fieldSet(type, pruned).withNamedFields(type);
    FieldSet kept = left.union(owned.withNamedFields(type));
    pruned = TypedTree.without(type, merged, all.minus(kept));
    FieldSet remaining = TypedTree.fieldSet(type, pruned).withNamedFields(type);
    FieldSet gone = all.minus(remaining).and(last.withNamedFields(type));
    return TypedTree.without(type, merged, gone);
  }

  private static Map<Id, FieldSet> conflicts(ManagedFields managers, Id self, FieldSet touched) {
    Map<Id, FieldSet> out = new LinkedHashMap<>();
    managers.entries.forEach((id, entry) -> {
      FieldSet both = entry.fields().set().and(touched);
      if (!id.equals(self) && !both.isEmpty()) {
        out.put(id, both);
      }
    });
    return out;
  }

  private static void takeFromOthers(
      ManagedFields managers, Id self, FieldSet touched, FieldSet removed) {
    managers.entries.replaceAll((id, entry) ->
        id.equals(self) ? entry : entry.withFields(entry.fields().minus(touched).minus(removed)));
  }

  private static StatusException conflict(Map<Id, FieldSet> conflicts) {
    List<StatusCause> causes = new ArrayList<>();
    Map<String, List<String>> byManager = new TreeMap<>();
    conflicts.forEach((id, set) ->
        set.forEachPath(path -> {
          causes.add(
              new StatusCause(StatusCause.MANAGER_CONFLICT, "conflict with " + id.display(), path));
          byManager.computeIfAbsent(id.display(), m -> new ArrayList<>()).add(path);
        }));
    StringBuilder message = new StringBuilder("Apply failed with ");
    if (causes.size() == 1) {
      StatusCause only = causes.getFirst();
      message.append("1 conflict: ").append(only.message()).append(": ").append(only.field());
    } else {
      message.append(causes.size()).append(" conflicts: ");
      List<String> lines = new ArrayList<>();
      byManager.forEach((manager, paths) -> {
        lines.add("conflicts with " + manager + ":");
        paths.forEach(p -> lines.add("- " + p));
      });
      message.append(String.join("\n", lines));
    }
    return new StatusException(
        Status.failure(StatusReason.CONFLICT, message.toString()).withCauses(causes));
  }

  private static ObjectNode withoutRecord(ObjectNode object) {
    if (object.path("metadata").path("managedFields").isMissingNode()) {
      return object;
    }
    ObjectNode out = Json.object();
    out.setAll(object);
    ObjectNode metadata = Json.object();
    metadata.setAll((ObjectNode) object.get("metadata"));
    metadata.remove("managedFields");
    out.set("metadata", metadata);
    return out;
  }

  /** A copy down to the metadata with this record; deeper trees are copied as well. */
  private static ObjectNode withRecord(ObjectNode object, ManagedFields managers) {
    ObjectNode out = object.deepCopy();
    ObjectNode metadata = out.withObjectProperty("metadata");
    metadata.remove("managedFields");
    if (!managers.isEmpty()) {
      metadata.set("managedFields", managers.toJson().deepCopy());
    }
    return out;
  }
}
