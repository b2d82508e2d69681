package dev.coracle.api.selector;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.selector.LabelRequirement.Operator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Picks objects by their labels. An empty selector picks everything; {@link #NOTHING} picks
 * nothing.
 */
public record LabelSelector(List<LabelRequirement> requirements) {

  public static final LabelSelector EVERYTHING = new LabelSelector(List.of());

  /** A requirement that no object meets. */
  public static final LabelSelector NOTHING =
      new LabelSelector(List.of(new LabelRequirement("", Operator.IN, List.of())));

  public LabelSelector {
    requirements = List.copyOf(requirements);
  }

  public boolean matches(Map<String, String> labels) {
    for (LabelRequirement requirement : requirements) {
      if (!requirement.matches(labels)) {
        return false;
      }
    }
    return true;
  }

  public boolean matches(KubeObject object) {
    return requirements.isEmpty() || matches(object.labels());
  }

  public boolean isEverything() {
    return requirements.isEmpty();
  }

  /** Equality on every entry, as in a Service's {@code spec.selector}. */
  public static LabelSelector ofLabels(Map<String, String> labels) {
    return new LabelSelector(
        labels.entrySet().stream()
            .map(e -> new LabelRequirement(e.getKey(), Operator.IN, List.of(e.getValue())))
            .toList());
  }

  /**
   * Reads a {@code LabelSelector} object ({@code matchLabels}, {@code matchExpressions}). A missing
   * one picks nothing and an empty one everything, as upstream has it.
   *
   * @throws StatusException {@code BadRequest} on an unknown operator
   */
  public static LabelSelector of(JsonNode selector) {
    if (!selector.isObject()) {
      return NOTHING;
    }
    List<LabelRequirement> out =
        new ArrayList<>(ofLabels(KubeObject.strings(selector.path("matchLabels"))).requirements());
    for (JsonNode expression : selector.path("matchExpressions")) {
      out.add(expression(expression));
    }
    return new LabelSelector(out);
  }

  /** Reads one entry of {@code matchExpressions}, of a label or a node selector. */
  public static LabelRequirement expression(JsonNode expression) {
    String operator = expression.path("operator").asText("");
    Operator op =
        switch (operator) {
          case "In" -> Operator.IN;
          case "NotIn" -> Operator.NOT_IN;
          case "Exists" -> Operator.EXISTS;
          case "DoesNotExist" -> Operator.DOES_NOT_EXIST;
          case "Gt" -> Operator.GREATER_THAN;
          case "Lt" -> Operator.LESS_THAN;
          default ->
              throw StatusException.badRequest(
                  "\"" + operator + "\" is not a valid label selector operator");
        };
    List<String> values = new ArrayList<>();
    expression.path("values").forEach(v -> values.add(v.asText()));
    return new LabelRequirement(expression.path("key").asText(""), op, values);
  }

  /**
   * Reads the query form: {@code a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1}.
   *
   * @throws StatusException {@code BadRequest} saying where it went wrong
   */
  public static LabelSelector parse(String text) {
    return text.isBlank() ? EVERYTHING : new LabelSelector(new LabelSelectorParser(text).parse());
  }

  /** As {@link #parse}; what cannot be read limits nothing, for questions that may be broader. */
  public static LabelSelector parseOrEverything(String text) {
    try {
      return parse(text);
    } catch (StatusException e) {
      return EVERYTHING;
    }
  }

  @Override
  public String toString() {
    return requirements.stream()
        .map(LabelRequirement::toString)
        .collect(java.util.stream.Collectors.joining(","));
  }
}
