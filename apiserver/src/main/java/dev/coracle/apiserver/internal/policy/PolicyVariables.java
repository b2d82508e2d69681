package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.coracle.cel.Budget;
import dev.coracle.cel.CelEnvironment;
import dev.coracle.cel.CelFailure;
import dev.coracle.cel.CelTypes;
import dev.coracle.cel.Expression;
import java.util.AbstractMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * A policy's {@code variables}: each may use those before it, and is computed when it is first
 * asked for, once for a request.
 */
final class PolicyVariables {

  private final Map<String, Expression> expressions = new LinkedHashMap<>();
  private final CelEnvironment environment;

  /**
   * @throws CelFailure
   */
  PolicyVariables(JsonNode variables) {
    this(variables, SimpleType.DYN, new CelTypes());
  }

  PolicyVariables(JsonNode variables, CelType object, CelTypes structs) {
    Map<String, CelType> types = new LinkedHashMap<>();
    for (JsonNode v : variables) {
      Expression e =
          AdmissionVariables.environment(object, structs, true, types)
              .compile(v.path("expression").asText(""), Set.of(), "");
      expressions.put(v.path("name").asText(""), e);
      types.put(v.path("name").asText(""), e.type());
    }
    environment = AdmissionVariables.environment(object, structs, true, types);
  }

  /** For everything else of the policy: all variables can be used. */
  CelEnvironment environment() {
    return environment;
  }

  /** Adds {@code variables} to the values of a request. */
  Map<String, Object> over(Map<String, Object> values, Budget budget) {
    Map<String, Object> out = new HashMap<>(values);
    out.put("variables", new Computed(out, budget));
    return out;
  }

  /** Confined to the thread that evaluates. */
  private final class Computed extends AbstractMap<String, Object> {

    private final Map<String, Object> values;
    private final Budget budget;
    private final Map<String, Object> known = new HashMap<>();

    Computed(Map<String, Object> values, Budget budget) {
      this.values = values;
      this.budget = budget;
    }

    @Override
    public boolean containsKey(Object name) {
      return expressions.containsKey(name);
    }

    @Override
    public Object get(Object name) {
      Object value = known.get(name);
      Expression expression = expressions.get(name);
      if (value == null && expression != null) {
        try {
          value = expression.evalWithin(values, budget);
        } catch (CelFailure e) {
          throw new CelFailure(
              "composited variable \"" + name + "\" fails to evaluate: " + e.words(),
              e.overBudget());
        }
        known.put((String) name, value);
      }
      if (value == null) {
        throw new CelFailure("no such key: " + name, false);
      }
      return value;
    }

    @Override
    public Set<Entry<String, Object>> entrySet() {
      Map<String, Object> all = new LinkedHashMap<>();
      expressions.keySet().forEach(name -> all.put(name, get(name)));
      return all.entrySet();
    }
  }
}
