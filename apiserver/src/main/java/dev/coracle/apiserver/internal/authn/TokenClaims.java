package dev.coracle.apiserver.internal.authn;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.values.NullValue;
import dev.coracle.cel.Budget;
import dev.coracle.cel.CelFailure;
import dev.coracle.cel.CelValues;
import dev.coracle.cel.Expression;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The claims of one token, also as expressions see them. Belongs to one thread. */
final class TokenClaims {

  private final JsonNode tree;
  private final Budget budget = new Budget();
  private @Nullable Map<String, Object> variables;

  TokenClaims(JsonNode tree) {
    this.tree = tree;
  }

  JsonNode get(String name) {
    return tree.path(name);
  }

  private Map<String, Object> variables() {
    Map<String, Object> known = variables;
    if (known == null) {
      known = Map.of("claims", CelValues.of(tree));
      variables = known;
    }
    return known;
  }

  /**
   * @throws CelFailure
   */
  boolean test(Expression expression) {
    return expression.test(variables(), budget);
  }

  /**
   * A text, or a list of them; none for null and for an empty text.
   *
   * @throws CelFailure
   */
  List<String> texts(Expression expression) {
    Object value = expression.eval(variables(), budget);
    if (value instanceof NullValue) {
      return List.of();
    }
    if (value instanceof String text) {
      return text.isEmpty() ? List.of() : List.of(text);
    }
    List<String> out = new ArrayList<>();
    if (!(value instanceof List<?> list)) {
      throw new CelFailure("expression must return a string or a list of strings", false);
    }
    for (Object item : list) {
      if (!(item instanceof String text)) {
        throw new CelFailure("expression must return a list of strings", false);
      }
      if (!text.isEmpty()) {
        out.add(text);
      }
    }
    return out;
  }

  /**
   * @throws CelFailure
   */
  String text(Expression expression) {
    if (expression.eval(variables(), budget) instanceof String text) {
      return text;
    }
    throw new CelFailure("expression must return a string", false);
  }

  Budget budget() {
    return budget;
  }
}
