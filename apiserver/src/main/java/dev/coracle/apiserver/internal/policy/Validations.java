package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.types.SimpleType;
import dev.cel.common.values.NullValue;
import dev.coracle.cel.Budget;
import dev.coracle.cel.CelEnvironment;
import dev.coracle.cel.CelFailure;
import dev.coracle.cel.Expression;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The expressions of a ValidatingAdmissionPolicy. */
final class Validations {

  /**
   * A validation that does not hold, or could not be evaluated.
   *
   * @param reason of the Status, empty for {@code Invalid}
   * @param always whether it refuses the request whatever the binding's actions are
   * @param nanos how long its expression took
   */
  record Failed(
      String expression,
      String message,
      String reason,
      int index,
      boolean error,
      boolean always,
      long nanos) {

    static Failed error(String expression, String message, String reason, int index, long nanos) {
      return new Failed(expression, message, reason, index, true, false, nanos);
    }

    Failed saying(String words) {
      return new Failed(expression, words, reason, index, error, always, nanos);
    }

    static Failed always(String expression, String message, long nanos) {
      return new Failed(expression, message, "", 0, true, true, nanos);
    }
  }

  /** Upstream's bound of what a messageExpression may give, in bytes. */
  private static final int LONGEST_MESSAGE = 5 << 10;

  private record Validation(
      Expression expression,
      @Nullable Expression messageExpression,
      String message,
      String reason) {}

  private final PolicyVariables variables;
  private final MatchConditions conditions;
  private final List<Validation> validations = new ArrayList<>();
  private final Map<String, Expression> annotations = new LinkedHashMap<>();

  /**
   * @throws CelFailure
   */
  Validations(JsonNode spec) {
    variables =
        new PolicyVariables(spec.path("variables"), Scope.ofPolicy(spec.hasNonNull("paramKind")));
    Scope scope = variables.scope();
    CelEnvironment environment = scope.environment();
    CelEnvironment messages = scope.withoutAuthorizer().environment();
    conditions = MatchConditions.of(spec.path("matchConditions"), environment);
    for (JsonNode v : spec.path("validations")) {
      String message = v.path("messageExpression").asText("");
      validations.add(
          new Validation(
              environment.compileBool(v.path("expression").asText("")),
              message.isBlank() ? null : message(messages, message),
              v.path("message").asText("").strip(),
              v.path("reason").asText("")));
    }
    for (JsonNode a : spec.path("auditAnnotations")) {
      annotations.put(
          a.path("key").asText(""), annotation(environment, a.path("valueExpression").asText("")));
    }
  }

  /**
   * @param environment without an authorizer, which messages do not know
   */
  static Expression message(CelEnvironment environment, String text) {
    return environment.compileAs(text, SimpleType.STRING);
  }

  static Expression annotation(CelEnvironment environment, String text) {
    return environment.compileAs(text, SimpleType.STRING, SimpleType.NULL_TYPE);
  }

  /**
   * Conditions, validations with their messages, and notes have a budget each; whoever exceeds one
   * gets that failure alone.
   *
   * @param values what {@link AdmissionVariables} gives, with parameters and namespace
   * @param notes what is to be noted in the audit log is put here
   */
  List<Failed> check(Map<String, Object> values, Map<String, String> notes) {
    long begun = System.nanoTime();
    try {
      if (!conditions.match(variables.over(values, Budget.ofMatchConditions()))) {
        return List.of();
      }
    } catch (CelFailure e) {
      return List.of(Failed.error("", e.words(), "", 0, System.nanoTime() - begun));
    }
    Budget budget = new Budget();
    Map<String, Object> all = variables.over(values, budget);
    List<Failed> out = validate(all, budget);
    if (budget.isExceeded()) {
      return exceeded(budget, begun);
    }
    out.replaceAll(f -> f.error() ? f : f.saying(message(validations.get(f.index()), all, budget)));
    return annotate(values, notes, out);
  }

  /** What does not hold, still without a message, and what could not be evaluated. */
  private List<Failed> validate(Map<String, Object> all, Budget budget) {
    List<Failed> out = new ArrayList<>();
    for (int i = 0; i < validations.size() && !budget.isExceeded(); i++) {
      Validation v = validations.get(i);
      String text = v.expression.text();
      long begun = System.nanoTime();
      try {
        if (!v.expression.test(all, budget)) {
          out.add(new Failed(text, "", v.reason, i, false, false, System.nanoTime() - begun));
        }
      } catch (CelFailure e) {
        String words = PolicyFailures.of(v.expression, e).words();
        out.add(Failed.error(text, words, v.reason, i, System.nanoTime() - begun));
      }
    }
    return out;
  }

  private List<Failed> annotate(
      Map<String, Object> values, Map<String, String> notes, List<Failed> out) {
    Budget budget = new Budget();
    Map<String, Object> all = variables.over(values, budget);
    long begun = System.nanoTime();
    for (Map.Entry<String, Expression> a : annotations.entrySet()) {
      Expression expression = a.getValue();
      long since = System.nanoTime();
      try {
        Object value = expression.eval(all, budget);
        if (!(value instanceof NullValue) && !value.toString().isBlank()) {
          notes.put(a.getKey(), value.toString().strip());
        }
      } catch (CelFailure e) {
        if (budget.isExceeded()) {
          notes.clear();
          return exceeded(budget, begun);
        }
        String words = PolicyFailures.of(expression, e).words();
        out.add(Failed.always(expression.text(), words, System.nanoTime() - since));
      }
    }
    return out;
  }

  private static List<Failed> exceeded(Budget budget, long begun) {
    return List.of(Failed.error("", budget.failure().words(), "", 0, System.nanoTime() - begun));
  }

  private static String message(Validation v, Map<String, Object> all, Budget budget) {
    if (v.messageExpression != null) {
      try {
        String text = v.messageExpression.eval(all, budget).toString().strip();
        if (!text.isEmpty()
            && text.indexOf('\n') < 0
            && text.getBytes(StandardCharsets.UTF_8).length <= LONGEST_MESSAGE) {
          return text;
        }
      } catch (CelFailure e) {
        if (budget.isExceeded()) {
          return "failed messageExpression: " + e.words();
        }
      }
    }
    return v.message.isEmpty() ? "failed expression: " + v.expression.text().strip() : v.message;
  }
}
