package dev.coracle.apiserver.internal.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.rest.PatchType;
import dev.coracle.api.schema.Decoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What a strict reader finds wrong with a patch before it is applied. */
final class PatchProblems {

  private static final int MOST = 100;
  private static final Set<String> OPERATION = Set.of("op", "path", "from", "value");

  private PatchProblems() {}

  /**
   * @param tree what was read of the bytes
   */
  static List<String> of(PatchType type, byte[] bytes, JsonNode tree) {
    return switch (type) {
      // Its own problems are looked for where YAML is read.
      case APPLY -> List.of();
      case MERGE, STRATEGIC_MERGE -> Decoder.duplicates(bytes);
      case JSON -> operations(bytes, tree);
    };
  }

  private static List<String> operations(byte[] bytes, JsonNode tree) {
    List<String> out = new ArrayList<>();
    Decoder.duplicates(bytes).forEach(problem -> out.add("json patch " + problem));
    int i = 0;
    for (JsonNode operation : tree) {
      for (var field : operation.properties()) {
        if (!OPERATION.contains(field.getKey()) && out.size() < MOST) {
          out.add("json patch unknown field \"[" + i + "]." + field.getKey() + "\"");
        }
      }
      i++;
    }
    return out;
  }
}
