package dev.coracle.api.schema;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * One field of an object type.
 *
 * @param patchStrategy empty, or strategic merge patch's {@code merge}, {@code replace}, {@code
 *     retainKeys}, comma-separated
 * @param mergeKey strategic merge patch's key of a list of objects, or empty
 * @param defaultValue the schema's own default; null where it has none. Never changed.
 * @param whenEmpty of custom resources' fields always {@link WhenEmpty#KEPT}
 */
public record SchemaField(
    String name,
    SchemaType type,
    boolean required,
    String patchStrategy,
    String mergeKey,
    @Nullable JsonNode defaultValue,
    WhenEmpty whenEmpty) {

  public boolean mergesByPatch() {
    return patchStrategy.contains("merge");
  }

  public boolean retainsKeys() {
    return patchStrategy.contains("retainKeys");
  }
}
