package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.cel.Budget;
import dev.coracle.cel.CelEnvironment;
import dev.coracle.cel.CelFailure;
import dev.coracle.cel.Expression;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code matchConditions}: a request counts when all of them are true. */
public final class MatchConditions {

  private final Supplier<List<Expression>> source;
  private volatile @Nullable List<Expression> conditions;

  private MatchConditions(Supplier<List<Expression>> source) {
    this.source = source;
  }

  /** The conditions of a webhook; compiled when they are first asked for. */
  public static MatchConditions ofWebhook(JsonNode conditions) {
    return new MatchConditions(() -> compile(conditions, Scope.ofWebhooks()));
  }

  /**
   * @throws CelFailure
   */
  static MatchConditions of(JsonNode conditions, CelEnvironment environment) {
    List<Expression> compiled = compile(conditions, environment);
    return new MatchConditions(() -> compiled);
  }

  private static List<Expression> compile(JsonNode conditions, CelEnvironment environment) {
    List<Expression> out = new ArrayList<>();
    conditions.forEach(c -> out.add(environment.compileBool(c.path("expression").asText(""))));
    return List.copyOf(out);
  }

  private List<Expression> compiled() {
    List<Expression> known = conditions;
    if (known == null) {
      known = source.get();
      conditions = known;
    }
    return known;
  }

  /**
   * All are evaluated, until together they have cost too much, which is a failure whatever the
   * others said. Otherwise one that is false settles it, before those that can not be evaluated are
   * a failure.
   *
   * @throws CelFailure
   */
  public boolean match(Map<String, Object> variables) {
    Budget budget = Budget.ofMatchConditions();
    List<CelFailure> failed = new ArrayList<>(0);
    boolean matches = true;
    for (Expression condition : compiled()) {
      try {
        matches &= condition.test(variables, budget);
      } catch (CelFailure e) {
        if (budget.isExceeded()) {
          throw budget.failure();
        }
        failed.add(PolicyFailures.of(condition, e));
      }
    }
    if (matches && !failed.isEmpty()) {
      throw PolicyFailures.all(failed);
    }
    return matches;
  }
}
