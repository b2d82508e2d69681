package dev.coracle.watchhub.internal.hub;

import dev.coracle.api.KubeObject;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** What selectors look at: an object's labels and the values of its selectable fields. */
record Facts(Map<String, String> labels, Map<String, String> fields) {

  /** Reads them from a tree that the cache does not keep. */
  static Facts of(KubeObject parsed, Map<String, Function<KubeObject, String>> selectable) {
    Map<String, String> fields = LinkedHashMap.newLinkedHashMap(selectable.size());
    selectable.forEach((field, value) -> fields.put(field, value.apply(parsed)));
    return new Facts(parsed.labels(), fields);
  }

  String field(String path) {
    return fields.getOrDefault(path, "");
  }
}
