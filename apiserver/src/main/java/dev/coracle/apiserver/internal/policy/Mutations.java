package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.types.CelKind;
import dev.coracle.api.StatusException;
import dev.coracle.api.patch.JsonPatch;
import dev.coracle.api.patch.ServerSideApply;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.cel.Budget;
import dev.coracle.cel.CelEnvironment;
import dev.coracle.cel.CelFailure;
import dev.coracle.cel.CelValues;
import dev.coracle.cel.Expression;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The expressions of a MutatingAdmissionPolicy. */
final class Mutations {

  private record Mutation(Expression expression, boolean apply) {}

  private final PolicyVariables variables;
  private final MatchConditions conditions;
  private final List<Mutation> mutations = new ArrayList<>();

  /**
   * @throws CelFailure
   */
  Mutations(JsonNode spec) {
    variables = new PolicyVariables(spec.path("variables"));
    CelEnvironment environment = variables.environment();
    conditions = MatchConditions.of(spec.path("matchConditions"), environment);
    for (JsonNode m : spec.path("mutations")) {
      boolean apply = m.path("patchType").asText("").equals("ApplyConfiguration");
      JsonNode patch = m.path(apply ? "applyConfiguration" : "jsonPatch");
      mutations.add(
          new Mutation(compile(environment, patch.path("expression").asText(""), apply), apply));
    }
  }

  /** Compiles the expression of an apply configuration, or of a JSON patch. */
  static Expression compile(CelEnvironment environment, String text, boolean apply) {
    Expression compiled = environment.compile(text, Set.of(), "");
    CelKind wanted = apply ? CelKind.MAP : CelKind.LIST;
    CelKind kind = compiled.type().kind();
    if (kind != wanted && kind != CelKind.DYN) {
      throw new CelFailure(
          apply ? "must evaluate to Object" : "must evaluate to list of JSONPatch", false);
    }
    return compiled;
  }

  int size() {
    return mutations.size();
  }

  /** Whether the request is one for this policy. */
  boolean matches(Map<String, Object> values, Budget budget) {
    return conditions.match(variables.over(values, budget), budget);
  }

  /** A new tree: the object after one of the mutations. */
  ObjectNode apply(
      int which, ObjectNode object, SchemaType type, Map<String, Object> values, Budget budget) {
    Mutation mutation = mutations.get(which);
    try {
      Object made = mutation.expression.eval(variables.over(values, budget), budget);
      JsonNode patch = CelValues.toJson(made);
      if (mutation.apply) {
        if (patch instanceof ObjectNode configuration) {
          return ServerSideApply.merge(type, object, configuration);
        }
        throw new CelFailure("must evaluate to Object", false);
      }
      if (JsonPatch.apply(object, patch) instanceof ObjectNode patched) {
        return patched;
      }
      throw new CelFailure("the patch gives no object", false);
    } catch (CelFailure e) {
      throw PolicyFailures.of(mutation.expression, e);
    } catch (StatusException e) {
      throw PolicyFailures.of(mutation.expression, new CelFailure(e.status().message(), false));
    }
  }
}
