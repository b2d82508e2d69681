package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.StatusException;
import dev.coracle.api.patch.JsonPatch;
import dev.coracle.api.patch.ServerSideApply;
import dev.coracle.api.schema.ListType;
import dev.coracle.api.schema.SchemaField;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.cel.Budget;
import dev.coracle.cel.CelEnvironment;
import dev.coracle.cel.CelFailure;
import dev.coracle.cel.CelValues;
import dev.coracle.cel.Expression;
import dev.coracle.cel.PatchObjects;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

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
    variables =
        new PolicyVariables(spec.path("variables"), Scope.ofPolicy(spec.hasNonNull("paramKind")));
    Scope scope = variables.scope();
    conditions = MatchConditions.of(spec.path("matchConditions"), scope.environment());
    for (JsonNode m : spec.path("mutations")) {
      boolean apply = m.path("patchType").asText("").equals("ApplyConfiguration");
      JsonNode patch = m.path(apply ? "applyConfiguration" : "jsonPatch");
      mutations.add(
          new Mutation(compile(scope, patch.path("expression").asText(""), apply), apply));
    }
  }

  /** Compiles the expression of an apply configuration, or of a JSON patch. */
  static Expression compile(Scope scope, String text, boolean apply) {
    CelEnvironment environment = scope.withPatches().environment();
    return apply ? environment.compileObject(text) : environment.compilePatch(text);
  }

  int size() {
    return mutations.size();
  }

  /** Whether the request is one for this policy. */
  boolean matches(Map<String, Object> values) {
    return conditions.match(variables.over(values, Budget.ofMatchConditions()));
  }

  /** The object after one of the mutations: a new tree, or itself where a test does not hold. */
  ObjectNode apply(int which, ObjectNode object, SchemaType type, Map<String, Object> values) {
    Mutation mutation = mutations.get(which);
    Budget budget = new Budget();
    Object made;
    try {
      made = mutation.expression.eval(variables.over(values, budget), budget);
    } catch (CelFailure e) {
      throw budget.isExceeded() ? budget.failure() : PolicyFailures.of(mutation.expression, e);
    }
    JsonNode patch = CelValues.toJson(made);
    settle(patch, mutation.apply);
    return mutation.apply ? applied(type, object, patch) : patched(object, patch);
  }

  private static ObjectNode applied(SchemaType type, ObjectNode object, JsonNode configuration) {
    if (!(configuration instanceof ObjectNode tree)) {
      throw new CelFailure("must evaluate to Object", false);
    }
    List<String> atomics = new ArrayList<>(0);
    atomics("", type, tree, atomics);
    if (!atomics.isEmpty()) {
      throw new CelFailure(
          "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or"
              + " structs: "
              + String.join(", ", atomics),
          false);
    }
    try {
      return ServerSideApply.merge(type, object, tree);
    } catch (StatusException e) {
      throw new CelFailure("error applying patch: " + e.status().message(), false);
    }
  }

  private static ObjectNode patched(ObjectNode object, JsonNode patch) {
    try {
      if (JsonPatch.apply(object, patch) instanceof ObjectNode patched) {
        return patched;
      }
      throw new CelFailure("the patch gives no object", false);
    } catch (StatusException e) {
      Throwable cause = e.getCause();
      String why = String.valueOf(cause == null ? e.status().message() : cause.getMessage());
      if (why.endsWith(": test failed")) {
        return object;
      }
      throw new CelFailure("JSON Patch: " + why, false);
    }
  }

  /**
   * What the configuration has that is only there as a whole: what it leaves out of that would go.
   */
  private static void atomics(String path, SchemaType type, JsonNode value, List<String> out) {
    if (value.isArray() && type.kind() == SchemaType.Kind.LIST) {
      if (type.listType() == ListType.ATOMIC) {
        out.add(path);
      }
      int i = 0;
      for (JsonNode item : value) {
        atomics(path + "[" + i++ + "]", type.item(), item, out);
      }
    } else if (value.isObject()) {
      boolean map = type.kind() == SchemaType.Kind.MAP || type.kind() == SchemaType.Kind.OBJECT;
      if (map && type.atomic()) {
        out.add(path);
      }
      for (Map.Entry<String, JsonNode> field : value.properties()) {
        SchemaField known = type.field(field.getKey());
        if (known != null) {
          atomics(path + "." + field.getKey(), known.type(), field.getValue(), out);
        }
      }
    }
  }

  private static void settle(JsonNode patch, boolean apply) {
    if (apply) {
      PatchObjects.settle(patch);
    } else {
      patch.forEach(operation -> PatchObjects.settle(operation.path("value")));
    }
  }
}
