package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.coracle.cel.Budget;
import dev.coracle.cel.CelFailure;
import dev.coracle.cel.Expression;
import java.util.AbstractMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * A policy's {@code variables}: each may use those before it, and is computed when it is first
 * asked for, once for a request. One that cannot be compiled is of any type, and fails whoever asks
 * for it.
 */
final class PolicyVariables {

  private final Map<String, Expression> expressions = new LinkedHashMap<>();
  private final Map<String, CelFailure> failures = new HashMap<>();
  private final Map<String, CelType> types = new LinkedHashMap<>();
  private final Scope scope;

  /**
   * @param scope of the policy, still without variables
   */
  PolicyVariables(Scope scope) {
    this.scope = scope;
  }

  PolicyVariables(JsonNode variables, Scope scope) {
    this(scope);
    for (JsonNode v : variables) {
      try {
        add(v.path("name").asText(""), v.path("expression").asText(""));
      } catch (CelFailure _) {
        // Told by whoever uses it.
      }
    }
  }

  /**
   * The next variable, which is there for those after it also when it cannot be compiled.
   *
   * @throws CelFailure
   */
  void add(String name, String text) {
    try {
      Expression e = scope().environment().compile(text, Set.of(), "");
      expressions.put(name, e);
      types.put(name, declared(e.type()));
    } catch (CelFailure e) {
      failures.put(name, e);
      types.put(name, SimpleType.DYN);
      throw e;
    }
  }

  /** With all variables so far. */
  Scope scope() {
    return scope.withVariables(new LinkedHashMap<>(types));
  }

  /** Structs and Kubernetes' own types are not known any more once a variable has them. */
  private static CelType declared(CelType type) {
    return switch (type) {
      case SimpleType simple -> simple;
      case ListType list -> ListType.create(declared(list.elemType()));
      case MapType map -> MapType.create(declared(map.keyType()), declared(map.valueType()));
      default -> SimpleType.DYN;
    };
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
      return types.containsKey(name);
    }

    @Override
    public Object get(Object name) {
      Object value = known.get(name);
      if (value != null) {
        return value;
      }
      Expression expression = expressions.get(name);
      CelFailure failure = failures.get(name);
      if (failure != null) {
        throw failed(name, "compile", failure);
      }
      if (expression == null) {
        throw new CelFailure("no such key: " + name, false);
      }
      try {
        value = expression.evalWithin(values, budget);
      } catch (CelFailure e) {
        throw failed(name, "evaluate", e);
      }
      known.put((String) name, value);
      return value;
    }

    private static CelFailure failed(Object name, String to, CelFailure why) {
      return new CelFailure(
          "composited variable \"" + name + "\" fails to " + to + ": " + why.words(),
          why.overBudget());
    }

    @Override
    public Set<Entry<String, Object>> entrySet() {
      Map<String, Object> all = new LinkedHashMap<>();
      types.keySet().forEach(name -> all.put(name, get(name)));
      return all.entrySet();
    }
  }
}
