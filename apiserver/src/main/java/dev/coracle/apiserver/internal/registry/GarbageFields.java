package dev.coracle.apiserver.internal.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.HashSet;
import java.util.Set;

/**
 * What the garbage collector changes of an object: who owns it, and what holds its deletion back.
 * It may do so of objects whose contents it could not have written.
 */
public final class GarbageFields {

  private static final String METADATA = "metadata";

  /** Those, and what is written with every change. */
  private static final Set<String> CHANGED =
      Set.of("ownerReferences", "finalizers", "managedFields", "resourceVersion", "generation");

  private GarbageFields() {}

  /** Whether nothing else is changed. */
  public static boolean alone(JsonNode before, JsonNode now) {
    return same(before, now, Set.of(METADATA))
        && same(before.path(METADATA), now.path(METADATA), CHANGED);
  }

  private static boolean same(JsonNode before, JsonNode now, Set<String> but) {
    Set<String> names = new HashSet<>();
    before.fieldNames().forEachRemaining(names::add);
    now.fieldNames().forEachRemaining(names::add);
    names.removeAll(but);
    return names.stream().allMatch(n -> value(before, n).equals(value(now, n)));
  }

  /** Null says no more than nothing. */
  private static JsonNode value(JsonNode node, String name) {
    JsonNode value = node.path(name);
    return value.isNull() ? MissingNode.getInstance() : value;
  }
}
