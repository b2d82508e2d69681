package dev.coracle.apiserver.internal.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a type's schema does for the verbs. Trees handed in are the caller's own and may be changed in
 * place; all failures are {@link dev.coracle.api.StatusException}s.
 */
public interface ObjectRules {

  /**
   * Checks the shape of an object that came from outside and drops what the schema does not know.
   *
   * @param fieldValidation {@code Ignore}, {@code Warn} or {@code Strict}
   * @param raw the JSON it was parsed from, to look for duplicate fields in; null where there is none
   */
  ObjectNode decode(
      ObjectNode object, byte @Nullable [] raw, String fieldValidation, Warnings warnings);

  /** Fills in defaults, in place. */
  void setDefaults(ObjectNode object);

  /**
   * @param before null when the object is created
   * @param subresource empty for the object itself
   */
  List<StatusCause> validate(ObjectNode now, @Nullable KubeObject before, String subresource);

  /** The fields that a custom resource can be selected by, besides name and namespace. */
  default java.util.Set<String> selectableFields() {
    return java.util.Set.of();
  }

  /** A new tree: {@code current} changed by a strategic merge patch. */
  ObjectNode strategicMerge(ObjectNode current, ObjectNode patch);

  /** A new tree: {@code current} (null: none yet) with the configuration applied by its manager. */
  ObjectNode apply(
      @Nullable KubeObject current,
      ObjectNode configuration,
      String manager,
      boolean force,
      String subresource,
      Instant now);

  /** Notes in {@code now}'s managedFields who changed what, in place. */
  void recordManager(
      @Nullable KubeObject before, ObjectNode now, String manager, String subresource, Instant time);
}
