package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.internal.bootstrap.DefaultFlows;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The flow schemas and priority levels that must be as every cluster has them: {@code exempt} and
 * {@code catch-all} (Kubernetes docs, "API Priority and Fairness": mandatory configuration
 * objects). They are read when the first object of these names comes.
 */
final class MandatoryFlows {

  private MandatoryFlows() {}

  private static final class Specs {
    static final Map<String, JsonNode> BY_KIND_AND_NAME =
        DefaultFlows.all().stream()
            .filter(flow -> DefaultFlows.MANDATORY.contains(flow.name()))
            .collect(Collectors.toMap(f -> f.kind() + "/" + f.name(), f -> f.at("spec")));
  }

  /** Holds an object with one of the names to its fixed spec; leaves all others alone. */
  static void check(String kind, ObjectNode object, FieldErrors errors) {
    String name = object.path("metadata").path("name").asText("");
    JsonNode spec =
        DefaultFlows.MANDATORY.contains(name)
            ? Specs.BY_KIND_AND_NAME.get(kind + "/" + name)
            : null;
    if (spec == null) {
      return;
    }
    ObjectNode wanted = Nodes.copy(spec);
    ObjectNode found = Nodes.copy(object.path("spec"));
    boolean free = kind.equals("PriorityLevelConfiguration") && name.equals("exempt");
    if (free) {
      wanted.remove("exempt");
      found.remove("exempt");
    }
    if (!Trees.equal(found, wanted)) {
      errors.invalid(
          FieldPath.SPEC,
          "",
          object.path("spec"),
          "spec of '"
              + name
              + (free ? "' except the 'spec.exempt' field must" : "' must")
              + " equal the fixed value");
    }
  }
}
