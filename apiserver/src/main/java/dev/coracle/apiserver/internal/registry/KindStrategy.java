package dev.coracle.apiserver.internal.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.patch.ResetFields;
import dev.coracle.api.rest.DeleteOptions;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is special about one kind when it is written. The defaults serve most kinds. */
public interface KindStrategy {

  KindStrategy PLAIN = new KindStrategy() {};

  /** All of metadata that a client can change. */
  Set<String> OWN_METADATA = Set.of("labels", "annotations", "finalizers", "ownerReferences");

  /** Whether {@code metadata.generation} counts the changes of the wanted state. */
  default boolean tracksGeneration() {
    return true;
  }

  /** The field of metadata that counts as wanted state; mostly none, which is empty. */
  default String countedMetadata() {
    return "";
  }

  /** Whether an update may come without a resourceVersion. */
  default boolean allowsUnconditionalUpdate() {
    return true;
  }

  /** Whether labels, annotations, finalizers and owners stay when the status is written. */
  default boolean statusKeepsMetadata() {
    return false;
  }

  /** The fields of metadata that stay when a subresource is written, whatever is said of them. */
  default Set<String> keptMetadata(String subresource) {
    return subresource.equals("status") && statusKeepsMetadata() ? OWN_METADATA : Set.of();
  }

  /**
   * What a write leaves as it is, so that who writes does not own it; asked of kinds that have a
   * status.
   *
   * @param subresource that is written; empty for the object itself
   */
  default ResetFields resetFields(String subresource) {
    return switch (subresource) {
      case "", "finalize" -> Resets.STATUS;
      case "status" -> statusKeepsMetadata() ? Resets.ALL_BUT_STATUS : Resets.SPEC;
      default -> ResetFields.NONE;
    };
  }

  /** What most kinds reset. */
  final class Resets {

    private static final ResetFields STATUS = ResetFields.of("status");
    private static final ResetFields SPEC = ResetFields.of("spec");
    private static final ResetFields ALL_BUT_STATUS = ResetFields.of("metadata", "spec");

    private Resets() {}
  }

  /** Whether an update of an absent object creates it. */
  default boolean allowsCreateOnUpdate() {
    return false;
  }

  /** Whether a delete that is done at once answers with the object instead of a Status. */
  default boolean returnsDeletedObject() {
    return false;
  }

  /**
   * {@code Background} or {@code Orphan}, for deletes that do not say; {@code None} for what has no
   * dependents, whatever a delete says.
   */
  default String defaultPropagation() {
    return "Background";
  }

  /**
   * In place, before defaults and admission: what there are two ways to write is from here on
   * written in one. Done again to what a webhook or policy makes of the object.
   */
  default void decoded(ObjectNode object) {}

  /**
   * In place, after mutating admission; name, system metadata and defaults are there, and a status
   * that the client sent is not.
   */
  default void prepareForCreate(ObjectNode object, Call call) {}

  /**
   * In place, when the generated name was taken and the object has got another: whatever {@link
   * #prepareForCreate} made of the name is made anew.
   *
   * @param from the name before
   */
  default void renamed(ObjectNode object, String from) {}

  /**
   * In place, after mutating admission. For {@code subresource} "status" the rest of the object is
   * already that of before, and the other way round.
   */
  default void prepareForUpdate(ObjectNode now, KubeObject before, Call call) {}

  /** Rules beyond the schema's validation. */
  default List<StatusCause> validate(ObjectNode now, @Nullable KubeObject before, Call call) {
    return List.of();
  }

  /**
   * Work that a write needs from elsewhere, such as an address for a Service; runs last, before the
   * store. What it took is given back by {@link #undo}, when the write fails or is dry.
   */
  default Uni<Void> beginWrite(ObjectNode now, @Nullable KubeObject before, Call call) {
    return Backstage.DONE;
  }

  default void undo(ObjectNode now, @Nullable KubeObject before, Call call) {}

  /**
   * After the object was written, or deleted ({@code now} null); the answer waits for it. Does not
   * fail.
   */
  default Uni<Void> written(@Nullable KubeObject now, @Nullable KubeObject before) {
    return Backstage.DONE;
  }

  /**
   * How long a graceful deletion takes.
   *
   * @return seconds; 0 to delete at once
   */
  default long gracePeriodSeconds(KubeObject object, DeleteOptions options) {
    return 0;
  }

  /** Whether the object is held back from deletion by something else than metadata.finalizers. */
  default boolean heldBack(ObjectNode object) {
    return false;
  }

  /**
   * Whether a first delete does nothing but say when it was, and {@link #prepareForDeletion}: grace
   * periods, propagation policies and the generation have no part in it.
   */
  default boolean isFirstMarked() {
    return false;
  }

  /** In place, when a deletion begins that does not end at once. */
  default void prepareForDeletion(ObjectNode object) {}
}
