package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a manager owns, as it stands in {@code fieldsV1} or as a {@link FieldSet}, whichever it was
 * made from. Most writes change nothing of what most managers own, and then the record goes from
 * the old version to the new one as it is. Immutable; confined to one thread.
 */
final class OwnedFields {

  /** Null where the set alone is known; only ever with steps in their canonical notation. */
  private final @Nullable ObjectNode json;

  private @Nullable FieldSet set;

  private OwnedFields(@Nullable ObjectNode json, @Nullable FieldSet set) {
    this.json = json;
    this.set = set;
  }

  /** The set must not be changed any more. */
  static OwnedFields of(FieldSet set) {
    return new OwnedFields(null, set);
  }

  /**
   * Of {@code fieldsV1} as somebody wrote it, which must not be changed any more.
   *
   * @throws IllegalArgumentException where it has what is no step of a path
   */
  static OwnedFields of(JsonNode fieldsV1) {
    return fieldsV1 instanceof ObjectNode json && !json.has(FieldSet.SELF) && isCanonical(json)
        ? new OwnedFields(json, null)
        : new OwnedFields(null, FieldSet.of(fieldsV1));
  }

  /** Whether a set that is read from it would be written the same, but for the order of steps. */
  private static boolean isCanonical(ObjectNode node) {
    return Json.everyField(
        node,
        (step, value) ->
            value instanceof ObjectNode below
                && (step.equals(FieldSet.SELF)
                    ? below.isEmpty() && node.size() > 1
                    : PathStep.isCanonical(step) && isCanonical(below)));
  }

  /** Read, never change. */
  FieldSet set() {
    FieldSet s = set;
    if (s == null) {
      s = FieldSet.of(Objects.requireNonNull(json));
      set = s;
    }
    return s;
  }

  ObjectNode toJson() {
    return json != null ? json : set().toJson();
  }

  boolean isEmpty() {
    return json != null ? json.isEmpty() : set().isEmpty();
  }

  /** Without exactly these paths; this very object where it has none of them. */
  OwnedFields minus(FieldSet gone) {
    boolean meets = json != null ? gone.meets(json) : !set().and(gone).isEmpty();
    return meets ? of(set().minus(gone)) : this;
  }

  /** With these paths; this very object where it has all of them. */
  OwnedFields union(FieldSet more) {
    return json != null && more.isWithin(json) ? this : of(set().union(more));
  }
}
