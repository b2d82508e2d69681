package dev.coracle.apiserver.internal.verb;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Of owner references that are the same one is kept, and the client is warned. */
final class DuplicateOwners {

  private static final String WARNING =
      ".metadata.ownerReferences contains duplicate entries%s; API server dedups owner references"
          + " in 1.20+, and may reject such requests as early as 1.24; please fix your requests;"
          + " duplicate UID(s) observed: %s";

  private DuplicateOwners() {}

  /** In what a client sent. */
  static void dropSent(ObjectNode object, Consumer<String> warn) {
    drop(object, "", warn);
  }

  /** In what admission made of it. */
  static void dropAdmitted(ObjectNode object, Consumer<String> warn) {
    drop(object, " after mutating admission happens", warn);
  }

  private static void drop(ObjectNode object, String when, Consumer<String> warn) {
    if (!(object.path("metadata").path("ownerReferences") instanceof ArrayNode owners)
        || owners.size() < 2) {
      return;
    }
    Set<JsonNode> kept = new LinkedHashSet<>();
    List<String> twice = new ArrayList<>();
    for (JsonNode owner : owners) {
      if (!kept.add(owner)) {
        twice.add(owner.path("uid").asText(""));
      }
    }
    if (!twice.isEmpty()) {
      warn.accept(WARNING.formatted(when, String.join(", ", twice)));
      owners.removeAll().addAll(kept);
    }
  }
}
