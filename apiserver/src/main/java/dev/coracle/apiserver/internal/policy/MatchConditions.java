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
   * One that is false settles it; otherwise those that can not be evaluated are a failure, and
   * nothing is evaluated once all of them together have cost too much.
   *
   * @throws CelFailure
   */
  public boolean match(Map<String, Object> variables) {
    Budget budget = Budget.ofMatchConditions();
    List<CelFailure> failed = new ArrayList<>(0);
    for (Expression condition : compiled()) {
      try {
        if (!condition.test(variables, budget)) {
          return false;
        }
      } catch (CelFailure e) {
        if (budget.isExceeded()) {
          throw budget.failure();
        }
        failed.add(PolicyFailures.of(condition, e));
      }
    }
    if (!failed.isEmpty()) {
      throw PolicyFailures.all(failed);
    }
    return true;
  }
}
