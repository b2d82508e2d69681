package dev.coracle.apiserver.internal.authz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.StatusException;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelRequirement;
import dev.coracle.api.selector.LabelRequirement.Operator;
import dev.coracle.api.selector.LabelSelector;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/**
 * The selectors of a SubjectAccessReview's {@code resourceAttributes} (KEP-4601). Requirements that
 * cannot be understood are left out: all of them must hold, so the question only becomes a broader
 * one.
 *
 * @param error what a review says in its {@code evaluationError}; empty where all was understood
 */
public record AskedSelectors(FieldSelector fields, LabelSelector labels, String error) {

  /** Reads what somebody asks. */
  public static AskedSelectors of(JsonNode resourceAttributes) {
    StringJoiner errors = new StringJoiner("; ");
    JsonNode fields = resourceAttributes.path("fieldSelector");
    JsonNode labels = resourceAttributes.path("labelSelector");
    return new AskedSelectors(fields(fields, errors), labels(labels, errors), errors.toString());
  }

  private static FieldSelector fields(JsonNode selector, StringJoiner errors) {
    String raw = selector.path("rawSelector").asText("");
    List<FieldSelector.Requirement> known = new ArrayList<>();
    boolean all = true;
    if (!raw.isEmpty()) {
      try {
        return FieldSelector.parse(raw);
      } catch (StatusException e) {
        all = false;
      }
    }
    for (JsonNode r : selector.path("requirements")) {
      String operator = r.path("operator").asText("");
      boolean in = operator.equals("In");
      // Fields have one value: several, and whether there is one at all, cannot be asked for yet.
      if ((in || operator.equals("NotIn")) && r.path("values").size() == 1) {
        known.add(
            new FieldSelector.Requirement(
                r.path("key").asText(""), in, r.path("values").get(0).asText("")));
      } else {
        all = false;
      }
    }
    note("fieldSelector", all, known, errors);
    return known.isEmpty() ? FieldSelector.EVERYTHING : new FieldSelector(known);
  }

  private static LabelSelector labels(JsonNode selector, StringJoiner errors) {
    String raw = selector.path("rawSelector").asText("");
    List<LabelRequirement> known = new ArrayList<>();
    boolean all = true;
    if (!raw.isEmpty()) {
      try {
        return LabelSelector.parse(raw);
      } catch (StatusException e) {
        all = false;
      }
    }
    for (JsonNode r : selector.path("requirements")) {
      switch (r.path("operator").asText("")) {
        case "In", "NotIn", "Exists", "DoesNotExist" -> known.add(LabelSelector.expression(r));
        default -> all = false;
      }
    }
    note("labelSelector", all, known, errors);
    return known.isEmpty() ? LabelSelector.EVERYTHING : new LabelSelector(known);
  }

  private static void note(String field, boolean all, List<?> known, StringJoiner errors) {
    if (!all) {
      errors.add(
          "spec.resourceAttributes."
              + field
              + (known.isEmpty() ? "" : " partially")
              + " ignored due to parse error");
    }
  }

  /** Writes the selectors of a request into a SubjectAccessReview for a webhook. */
  static void write(Attributes asked, ObjectNode resourceAttributes) {
    ArrayNode fields = resourceAttributes.arrayNode();
    for (FieldSelector.Requirement r : asked.fieldSelector().requirements()) {
      requirement(fields, r.field(), r.equal() ? "In" : "NotIn", List.of(r.value()));
    }
    ArrayNode labels = resourceAttributes.arrayNode();
    for (LabelRequirement r : asked.labelSelector().requirements()) {
      String operator = operator(r.operator());
      if (!operator.isEmpty()) {
        requirement(labels, r.key(), operator, r.values());
      }
    }
    if (!fields.isEmpty()) {
      resourceAttributes.putObject("fieldSelector").set("requirements", fields);
    }
    if (!labels.isEmpty()) {
      resourceAttributes.putObject("labelSelector").set("requirements", labels);
    }
  }

  private static void requirement(ArrayNode out, String key, String operator, List<String> values) {
    ObjectNode requirement = out.addObject().put("key", key).put("operator", operator);
    if (!values.isEmpty()) {
      values.forEach(requirement.putArray("values")::add);
    }
  }

  /** Empty for the two that selectors of a review have not. */
  private static String operator(Operator operator) {
    return switch (operator) {
      case IN -> "In";
      case NOT_IN -> "NotIn";
      case EXISTS -> "Exists";
      case DOES_NOT_EXIST -> "DoesNotExist";
      case GREATER_THAN, LESS_THAN -> "";
    };
  }
}
