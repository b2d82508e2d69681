package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.patch.ManagedFields.Entry;
import dev.coracle.api.patch.ManagedFields.Id;
import java.util.Map;

/**
 * Who owns the number of replicas: between the {@code managedFields} of an object and those that
 * its Scale shows, which know {@code spec.replicas} alone (KEP-555). Whoever writes a Scale owns
 * the object's number then, and who owned it before does not any more.
 *
 * <p>The path is taken to be the same in all versions of a custom resource.
 */
public final class ScaleFields {

  /** What a Scale is written in. */
  public static final String VERSION = "autoscaling/v1";

  private static final FieldSet IN_SCALE = new FieldSet().with("f:spec", "f:replicas");

  private final String apiVersion;
  private final FieldSet replicas;

  /**
   * @param apiVersion the version that the object is written in
   * @param path of the number of replicas in the object, by its fields' names
   */
  public ScaleFields(String apiVersion, String... path) {
    this.apiVersion = apiVersion;
    String[] steps = new String[path.length];
    for (int i = 0; i < path.length; i++) {
      steps[i] = PathStep.field(path[i]);
    }
    this.replicas = new FieldSet().with(steps);
  }

  /** The owners of the number, as owners of {@code spec.replicas} of a Scale. */
  public ArrayNode ofScale(JsonNode ofObject) {
    ManagedFields shown = new ManagedFields();
    ManagedFields.of(ofObject)
        .entries
        .forEach((id, entry) -> {
          if (owns(entry)) {
            shown.entries.put(inScale(id), new Entry(IN_SCALE, VERSION, entry.time()));
          }
        });
    return shown.toJson();
  }

  /**
   * @param ofObject the object's record before
   * @param ofScale the Scale's record after it was written
   * @return the object's record after
   */
  public ArrayNode ofObject(JsonNode ofObject, JsonNode ofScale) {
    Map<Id, Entry> owners = ManagedFields.of(ofScale).entries;
    owners.values().removeIf(e -> e.fields().set().and(IN_SCALE).isEmpty());
    ManagedFields out = new ManagedFields();
    ManagedFields.of(ofObject)
        .entries
        .forEach((id, entry) -> {
          Entry kept = entry;
          if (owns(entry)) {
            Entry owner = owners.get(inScale(id));
            kept =
                owner == null
                    ? entry.withFields(entry.fields().minus(replicas))
                    : new Entry(entry.fields(), entry.apiVersion(), owner.time());
          }
          if (!kept.fields().isEmpty()) {
            out.entries.put(id, kept);
          }
        });
    owners.forEach((id, owner) -> {
      Id own = ManagedFields.id(id.manager(), id.apply(), apiVersion, id.subresource());
      if (out.entries.keySet().stream().noneMatch(o -> inScale(o).equals(id) && owns(out, o))) {
        out.entries.merge(
            own,
            new Entry(replicas, apiVersion, owner.time()),
            (is, more) -> is.withFields(is.fields().union(replicas)));
      }
    });
    return out.toJson();
  }

  private boolean owns(ManagedFields managers, Id id) {
    Entry entry = managers.entries.get(id);
    return entry != null && owns(entry);
  }

  private boolean owns(Entry entry) {
    return !entry.fields().set().and(replicas).isEmpty();
  }

  private static Id inScale(Id id) {
    return ManagedFields.id(id.manager(), id.apply(), VERSION, id.subresource());
  }
}
