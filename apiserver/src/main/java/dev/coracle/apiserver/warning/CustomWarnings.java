package dev.coracle.apiserver.warning;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/** What to tell of custom resources, whatever their definition. */
final class CustomWarnings {

  /** What the garbage collector itself puts there. */
  private static final Set<String> STANDARD = Set.of("orphan", "foregroundDeletion");

  private CustomWarnings() {}

  /**
   * Of finalizers that are new and could be anybody's.
   *
   * @param before missing for a new object
   */
  static void finalizers(JsonNode now, JsonNode before, Consumer<String> to) {
    Set<String> added = names(now);
    added.removeAll(names(before));
    for (String name : added) {
      if (name.indexOf('/') < 0 && !STANDARD.contains(name)) {
        to.accept(
            "metadata.finalizers: \""
                + name
                + "\": prefer a domain-qualified finalizer name including a path (/) to avoid"
                + " accidental conflicts with other finalizer writers");
      }
    }
  }

  private static Set<String> names(JsonNode object) {
    Set<String> out = new TreeSet<>();
    object.path("metadata").path("finalizers").forEach(f -> out.add(f.asText()));
    return out;
  }
}
