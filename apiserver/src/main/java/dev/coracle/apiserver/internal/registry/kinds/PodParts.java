package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What of a Pod its subresources reach. The rest is put back as it was, without a word, so that who
 * may debug or resize a Pod may change nothing else of it.
 */
final class PodParts {

  private static final List<String> LISTS = List.of("containers", "initContainers");
  private static final List<String> RESIZED = List.of("resources", "resizePolicy");
  private static final String OBSERVED = "observedGeneration";

  private PodParts() {}

  /** Ephemeral containers alone. */
  static void debugged(ObjectNode pod, JsonNode before) {
    ObjectNode spec = copy(before.path("spec"));
    take("ephemeralContainers", pod.path("spec"), spec);
    pod.set("spec", spec);
  }

  /**
   * The resources of the Pod and of its containers. A Pod of other containers stays as it was sent:
   * validation refuses it.
   */
  static void resized(ObjectNode pod, JsonNode before) {
    JsonNode wanted = pod.path("spec");
    ObjectNode spec = copy(before.path("spec"));
    for (String list : LISTS) {
      if (!sameNames(wanted.path(list), spec.path(list))) {
        return;
      }
    }
    take("resources", wanted, spec);
    for (String list : LISTS) {
      for (int i = 0; i < spec.path(list).size(); i++) {
        for (String field : RESIZED) {
          take(field, wanted.path(list).path(i), (ObjectNode) spec.path(list).path(i));
        }
      }
    }
    pod.set("spec", spec);
  }

  private static boolean sameNames(JsonNode wanted, JsonNode there) {
    if (wanted.size() != there.size()) {
      return false;
    }
    for (int i = 0; i < there.size(); i++) {
      if (!wanted.path(i).path("name").equals(there.path(i).path("name"))) {
        return false;
      }
    }
    return true;
  }

  private static ObjectNode copy(JsonNode spec) {
    return ((ObjectNode) spec).deepCopy();
  }

  private static void take(String field, JsonNode from, ObjectNode to) {
    JsonNode value = from.get(field);
    if (value == null) {
      to.remove(field);
    } else {
      to.set(field, value);
    }
  }

  /** A status that does not say which generation it is of is of the one it was of before. */
  static void keepObserved(ObjectNode status, JsonNode before) {
    keep(status, before.path(OBSERVED));
    // There may be several conditions of one type.
    Map<String, Deque<JsonNode>> old = new HashMap<>();
    for (JsonNode condition : before.path("conditions")) {
      old.computeIfAbsent(condition.path("type").asText(""), _ -> new ArrayDeque<>())
          .add(condition.path(OBSERVED));
    }
    for (JsonNode condition : status.path("conditions")) {
      Deque<JsonNode> same = old.get(condition.path("type").asText(""));
      JsonNode observed = same == null ? null : same.poll();
      if (observed != null) {
        keep((ObjectNode) condition, observed);
      }
    }
  }

  private static void keep(ObjectNode now, JsonNode observed) {
    if (now.path(OBSERVED).asLong(0) == 0 && observed.asLong(0) != 0) {
      now.set(OBSERVED, observed);
    }
  }
}
