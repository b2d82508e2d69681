package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Timestamps;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What certificate requests keep of their conditions when a status is written: what was said of
 * some types, and since when each condition is as it is.
 */
final class KeptConditions {

  private KeptConditions() {}

  /**
   * In place: as many conditions of a type as there were before are those that were there, so that
   * whoever writes the status need not know what was said.
   */
  static void keep(String type, ArrayNode conditions, JsonNode old) {
    List<Integer> is = indices(type, conditions);
    List<Integer> was = indices(type, old);
    if (is.size() == was.size()) {
      for (int i = 0; i < is.size(); i++) {
        conditions.set(is.get(i), old.path(was.get(i)).deepCopy());
      }
    }
  }

  private static List<Integer> indices(String type, JsonNode conditions) {
    return IntStream.range(0, conditions.size())
        .filter(i -> conditions.path(i).path("type").asText("").equals(type))
        .boxed()
        .toList();
  }

  /** In place: {@code lastTransitionTime} where the client says none. */
  static void date(ArrayNode conditions, JsonNode old, Instant now) {
    for (JsonNode condition : conditions) {
      if (condition instanceof ObjectNode c && !c.hasNonNull("lastTransitionTime")) {
        c.put("lastTransitionTime", transition(c, old, Timestamps.time(now)));
      }
    }
  }

  /** Since when a condition of that type has had that status. */
  private static String transition(ObjectNode condition, JsonNode old, String now) {
    for (JsonNode o : old) {
      if (o.path("type").equals(condition.path("type"))
          && o.path("status").equals(condition.path("status"))
          && o.hasNonNull("lastTransitionTime")) {
        return o.path("lastTransitionTime").asText();
      }
    }
    return now;
  }
}
