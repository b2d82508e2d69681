package dev.coracle.apiserver.internal.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a type's schema does for the verbs. Trees handed in are the caller's own and may be changed
 * in place; all failures are {@link dev.coracle.api.StatusException}s.
 */
public interface ObjectRules {

  /** Fills in defaults, in place. */
  void setDefaults(ObjectNode object);

  /** Adds the status that a new object of a typed kind has before anybody gave it one, in place. */
  void setZeroStatus(ObjectNode object);

  /**
   * @param before null when the object is created
   * @param subresource empty for the object itself
   * @param warned told of what is wrong and was so before, which is no reason to refuse it
   */
  List<StatusCause> validate(
      ObjectNode now, @Nullable KubeObject before, String subresource, Consumer<String> warned);

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
      @Nullable KubeObject before,
      ObjectNode now,
      String manager,
      String subresource,
      Instant time);
}
