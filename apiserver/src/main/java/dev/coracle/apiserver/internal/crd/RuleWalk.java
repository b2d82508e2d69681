package dev.coracle.apiserver.internal.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GoQuote;
import dev.coracle.api.StatusCause;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.OldItems;
import dev.coracle.api.validation.SameValues;
import dev.coracle.cel.Budget;
import dev.coracle.cel.CelFailure;
import dev.coracle.cel.CelValues;
import dev.coracle.cel.Expression;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One look at a value and all below it by the rules of a schema. Confined to one thread. */
final class RuleWalk {

  /** What is wrong with an object as a whole has no field, which upstream says by this. */
  static final FieldPath NOWHERE = FieldPath.ROOT.child("<nil>");

  /** The budget is spent, which has been said. */
  private static final class Spent extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Spent() {
      super("out of budget", null, false, false);
    }
  }

  private static final int LONGEST_MESSAGE = 5 * 1024;
  private static final String NO_FURTHER = "no further validation rules will be run";

  private final Budget budget;
  private final FieldErrors errors;
  private final Consumer<String> warned;
  private final FieldPath whole;

  /**
   * @param whole what is said to be wrong where that is all of the value
   * @param warned told of values that break a rule, and were the same before
   */
  RuleWalk(Budget budget, FieldErrors errors, FieldPath whole, Consumer<String> warned) {
    this.budget = budget;
    this.errors = errors;
    this.warned = warned;
    this.whole = whole;
  }

  /**
   * Gives whether the budget was enough.
   *
   * @param ratchet whether a value that did not change may break rules that look at it alone
   */
  boolean walk(
      ValidationRules.Node node, JsonNode now, @Nullable JsonNode before, boolean ratchet) {
    try {
      walk(node, now, before, ratchet, false, FieldPath.ROOT);
      return true;
    } catch (Spent e) {
      return false;
    }
  }

  /**
   * @param within whether something around it is known not to have changed: items of a list have no
   *     value before of their own
   */
  private void walk(
      ValidationRules.Node node,
      JsonNode now,
      @Nullable JsonNode before,
      boolean ratchet,
      boolean within,
      FieldPath path) {
    if (now.isNull()) {
      return;
    }
    boolean same = within || ratchet && SameValues.are(node.type(), before, now);
    if (!node.rules().isEmpty()) {
      JsonNode was = before == null || before.isNull() ? null : before;
      rules(node, now, was, same, path);
    }
    if (now instanceof ObjectNode object) {
      for (var e : object.properties()) {
        ValidationRules.Node child = node.fields().get(e.getKey());
        boolean named = child != null;
        if (child == null && node.type().field(e.getKey()) == null) {
          child = node.element();
        }
        if (child != null) {
          walk(
              child,
              e.getValue(),
              before == null ? null : before.get(e.getKey()),
              ratchet,
              same,
              named ? path.child(e.getKey()) : path.key(e.getKey()));
        }
      }
    } else if (now instanceof ArrayNode array && node.element() != null) {
      OldItems old = OldItems.of(node.type(), before);
      int i = 0;
      for (JsonNode item : array) {
        walk(node.element(), item, old.of(item), ratchet, same, path.index(i++));
      }
    }
  }

  private void rules(
      ValidationRules.Node node,
      JsonNode now,
      @Nullable JsonNode before,
      boolean same,
      FieldPath path) {
    String type = type(node.type());
    if (budget.isSpent()) {
      throw ranOut(path, type);
    }
    Object self = null;
    Object oldSelf = null;
    for (ValidationRule rule : node.rules()) {
      if (rule.transition() && before == null && !rule.optionalOldSelf()) {
        continue;
      }
      try {
        Map<String, Object> variables = new HashMap<>();
        self = self == null ? CelValues.of(now, node.type()) : self;
        variables.put("self", self);
        if (rule.transition()) {
          if (oldSelf == null && before != null) {
            oldSelf = CelValues.of(before, node.type());
          }
          if (rule.optionalOldSelf()) {
            variables.put("oldSelf", Optional.ofNullable(oldSelf));
          } else if (oldSelf != null) {
            variables.put("oldSelf", oldSelf);
          }
        }
        if (!rule.rule().test(variables, budget)) {
          fail(rule, now, type, variables, same && !rule.transition(), path);
        }
      } catch (CelFailure e) {
        failed(rule, e, type, path);
      }
    }
  }

  /** What the schema calls the type: shown in the place of a value that no rule could look at. */
  private static String type(SchemaType type) {
    ObjectNode schema = type.constraints();
    return schema == null ? "" : schema.path("type").asText("");
  }

  private Spent ranOut(FieldPath path, String type) {
    errors.invalid(
        said(path), "", type, "validation failed due to running out of cost budget, " + NO_FURTHER);
    return new Spent();
  }

  private void failed(ValidationRule rule, CelFailure e, String type, FieldPath path) {
    if (e.overBudget()) {
      if (budget.isSpent()) {
        throw ranOut(path, type);
      }
      errors.invalid(
          said(path),
          "",
          type,
          "'"
              + e.words()
              + "': "
              + NO_FURTHER
              + " due to call cost exceeds limit for rule: "
              + rule.display());
      throw new Spent();
    }
    errors.invalid(
        said(path),
        "",
        type,
        e.words().startsWith("no such overload")
            ? "'"
                + e.words()
                + "': call arguments did not match a supported operator, function or macro"
                + " signature for rule: "
                + rule.display()
            : e.words() + " evaluating rule: " + rule.display());
  }

  private void fail(
      ValidationRule rule,
      JsonNode now,
      String type,
      Map<String, Object> variables,
      boolean warns,
      FieldPath path) {
    FieldPath at = rule.fieldPath().isEmpty() ? said(path) : path.child(rule.fieldPath());
    String message = message(rule, type, variables, at);
    boolean shown = !type.equals("object") && !type.equals("array");
    FieldErrors found = new FieldErrors();
    switch (rule.reason()) {
      case "FieldValueRequired" -> found.required(at, "", message);
      case "FieldValueForbidden" -> found.forbidden(at, "", message);
      case "FieldValueDuplicate" -> {
        if (shown) {
          found.duplicate(at, "", now);
        } else {
          found.duplicated(at);
        }
      }
      default -> {
        if (shown) {
          found.invalid(at, "", now, message);
        } else {
          found.rejected(at, message);
        }
      }
    }
    if (warns) {
      found.causes().forEach(c -> warned.accept(said(c)));
    } else {
      errors.causes().addAll(found.causes());
    }
  }

  private FieldPath said(FieldPath path) {
    return path == FieldPath.ROOT ? whole : path;
  }

  private static String said(StatusCause cause) {
    return cause.field() + ": " + cause.message();
  }

  private String message(
      ValidationRule rule, String type, Map<String, Object> variables, FieldPath at) {
    Expression expression = rule.messageExpression();
    if (expression == null) {
      return rule.messageOrRule();
    }
    try {
      String text = expression.eval(variables, budget) instanceof String s ? s.strip() : "";
      boolean fits = text.length() <= LONGEST_MESSAGE && text.indexOf('\n') < 0;
      return fits && !text.isEmpty() ? text : rule.messageOrRule();
    } catch (CelFailure e) {
      if (!e.overBudget()) {
        return rule.messageOrRule();
      }
      errors.invalid(
          at,
          "",
          type,
          budget.isSpent()
              ? "messageExpression evaluation failed due to running out of cost budget, "
                  + NO_FURTHER
              : NO_FURTHER
                  + " due to call cost exceeds limit for messageExpression: "
                  + GoQuote.of(expression.text()));
      throw new Spent();
    }
  }
}
