package dev.coracle.apiserver.internal.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Aggregate;
import dev.coracle.api.GoQuote;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which of the names it asks for a definition gets: each that it has already, or that no definition
 * of its group has. One that is taken leaves it with what it had.
 *
 * @param names as {@code status.acceptedNames}
 * @param reason of the condition {@code NamesAccepted}: {@code KindConflict} and the like; of
 *     several the last is told
 */
record NameClaim(ObjectNode names, String reason, String message) {

  private static final String NO_CONFLICTS = "NoConflicts";

  boolean isGranted() {
    return reason.equals(NO_CONFLICTS);
  }

  /**
   * @param all definitions, this one among them or not
   */
  static NameClaim of(KubeObject definition, List<KubeObject> all) {
    Set<String> resources = new HashSet<>();
    Set<String> kinds = new HashSet<>();
    for (KubeObject other : all) {
      if (other.text("spec", "group").equals(definition.text("spec", "group"))) {
        JsonNode taken = other.at("status", "acceptedNames");
        resources.add(taken.path("plural").asText(""));
        resources.add(taken.path("singular").asText(""));
        taken.path("shortNames").forEach(n -> resources.add(n.asText()));
        kinds.add(taken.path("kind").asText(""));
        kinds.add(taken.path("listKind").asText(""));
      }
    }
    return new Check(definition).by(resources, kinds);
  }

  /** Confined to one thread. */
  private static final class Check {

    private final JsonNode wanted;
    private final JsonNode had;
    private final ObjectNode names = Json.object();
    private String reason = NO_CONFLICTS;
    private String message = "no conflicts found";

    Check(KubeObject definition) {
      this.wanted = definition.at("spec", "names");
      this.had = definition.at("status", "acceptedNames");
    }

    NameClaim by(Set<String> resources, Set<String> kinds) {
      name("plural", "PluralConflict", resources);
      name("singular", "SingularConflict", resources);
      shortNames(resources);
      name("kind", "KindConflict", kinds);
      name("listKind", "ListKindConflict", kinds);
      if (!wanted.path("categories").isEmpty()) {
        names.set("categories", wanted.path("categories"));
      }
      return new NameClaim(names, reason, message);
    }

    private void name(String field, String conflict, Set<String> taken) {
      String asked = wanted.path(field).asText("");
      String mine = had.path(field).asText("");
      boolean free = asked.equals(mine) || !taken.contains(asked);
      if (!free) {
        reason = conflict;
        message = inUse(asked);
      }
      String given = free ? asked : mine;
      if (!given.isEmpty() || field.equals("plural") || field.equals("kind")) {
        names.put(field, given);
      }
    }

    private void shortNames(Set<String> taken) {
      Set<String> mine = new HashSet<>();
      had.path("shortNames").forEach(n -> mine.add(n.asText()));
      List<String> faults = new ArrayList<>();
      for (JsonNode name : wanted.path("shortNames")) {
        if (!mine.contains(name.asText()) && taken.contains(name.asText())) {
          faults.add(inUse(name.asText()));
        }
      }
      JsonNode given = faults.isEmpty() ? wanted.path("shortNames") : had.path("shortNames");
      if (!faults.isEmpty()) {
        reason = "ShortNamesConflict";
        message = Aggregate.of(faults);
      }
      if (!given.isEmpty()) {
        names.set("shortNames", given);
      }
    }

    private static String inUse(String name) {
      return GoQuote.of(name) + " is already in use";
    }
  }
}
