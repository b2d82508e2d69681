package dev.coracle.apiserver.internal.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.types.CelType;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.schema.ListType;
import dev.coracle.api.schema.SchemaField;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.OldItems;
import dev.coracle.cel.Budget;
import dev.coracle.cel.CelFailure;
import dev.coracle.cel.CelTypes;
import dev.coracle.cel.CelValues;
import dev.coracle.cel.cost.Sizes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The {@code x-kubernetes-validations} of a schema, compiled into a tree that has only the branches
 * with rules (Kubernetes docs, "Validation rules"). A value that did not change is not held to
 * rules that look at it alone (KEP-4008, ratcheting). Immutable.
 */
public final class ValidationRules {

  private static final String FIELD = "x-kubernetes-validations";

  /** The rules on a value, and on what is below it. */
  private record Node(
      SchemaType type,
      List<ValidationRule> rules,
      Map<String, Node> fields,
      @Nullable Node element) {}

  private final @Nullable Node root;

  private ValidationRules(@Nullable Node root) {
    this.root = root;
  }

  /** Whether a schema has any: as long as none has, CEL is not loaded. */
  public static boolean in(JsonNode schema) {
    return schema.findValue(FIELD) != null;
  }

  /**
   * @param path of the schema, for the errors of rules that are wrong
   */
  public static ValidationRules compile(SchemaType type, FieldPath path, FieldErrors errors) {
    return compile(type, true, path, errors);
  }

  /**
   * As above, for a value that may be a part of an object.
   *
   * @param whole whether it is an object, whatever its schema says
   */
  public static ValidationRules compile(
      SchemaType type, boolean whole, FieldPath path, FieldErrors errors) {
    return new ValidationRules(node(type, "Object", whole, new Place(true, 1), path, errors, null));
  }

  /** As {@link #compile}, for a new definition: what its rules may cost is an error too. */
  public static void check(SchemaType type, FieldPath path, FieldErrors errors) {
    RuleCosts costs = new RuleCosts();
    node(type, "Object", true, new Place(true, 1), path, errors, costs);
    costs.checkTotal(path, errors);
  }

  /**
   * @param correlatable whether the value before can be found
   * @param cardinality how often such a value can occur in an object
   */
  private record Place(boolean correlatable, long cardinality) {}

  private static @Nullable Node node(
      SchemaType type,
      String name,
      boolean root,
      Place place,
      FieldPath path,
      FieldErrors errors,
      @Nullable RuleCosts costs) {
    ObjectNode schema = type.constraints();
    if (schema == null || !in(schema)) {
      return null;
    }
    List<ValidationRule> rules = new ArrayList<>();
    if (!schema.path(FIELD).isEmpty()) {
      CelTypes types = new CelTypes();
      CelType self = types.of(type, name, root);
      Sizes sizes = costs == null ? null : Sizes.of(schema, root);
      int i = 0;
      for (JsonNode rule : schema.path(FIELD)) {
        FieldPath at = path.child(FIELD).index(i++);
        ValidationRule compiled =
            ValidationRule.compile(rule, self, types.structs(), place.correlatable, at, errors);
        if (compiled != null) {
          rules.add(compiled);
          if (costs != null) {
            costs.rule(compiled.rule(), sizes, place.cardinality, at, errors);
            if (compiled.messageExpression() != null) {
              costs.message(compiled.messageExpression(), sizes, at, errors);
            }
          }
        }
      }
    }
    Map<String, Node> fields = new HashMap<>();
    for (SchemaField f : type.fields().values()) {
      Node child =
          node(
              f.type(),
              name + "." + f.name(),
              false,
              place,
              path.child("properties").key(f.name()),
              errors,
              costs);
      if (child != null) {
        fields.put(f.name(), child);
      }
    }
    Node element = null;
    SchemaType inner = type.element();
    if (inner != null) {
      boolean list = type.kind() == SchemaType.Kind.LIST;
      element =
          node(
              inner,
              name + ".@item",
              false,
              new Place(
                  place.correlatable && !(list && type.listType() != ListType.MAP),
                  RuleCosts.below(place.cardinality, schema, list)),
              path.child(list ? "items" : "additionalProperties"),
              errors,
              costs);
    }
    return rules.isEmpty() && fields.isEmpty() && element == null
        ? null
        : new Node(type, List.copyOf(rules), Map.copyOf(fields), element);
  }

  /**
   * @param before the stored object; null on create
   */
  public void check(ObjectNode now, @Nullable ObjectNode before, FieldErrors errors) {
    walk(now, before, true, new Budget(), errors);
  }

  /**
   * Whether a default is in accord with the rules, both where it stays as it is and where it is
   * new. Gives whether the budget was enough to tell.
   */
  public boolean checkDefault(JsonNode value, Budget budget, FieldErrors errors) {
    return walk(value, value, false, budget, errors)
        && (!errors.isEmpty() || walk(value, null, false, budget, errors));
  }

  /** Gives whether the budget was enough. */
  private boolean walk(
      JsonNode now, @Nullable JsonNode before, boolean ratchet, Budget budget, FieldErrors errors) {
    if (root != null) {
      try {
        walk(root, now, before, ratchet, false, FieldPath.ROOT, budget, errors);
      } catch (CelFailure e) {
        errors.rejected(
            FieldPath.ROOT,
            e.words()
                + ": validation failed due to running out of cost budget, no further"
                + " validation rules will be run");
        return false;
      }
    }
    return true;
  }

  /**
   * @param ratchet whether a value that did not change is not held to rules on it alone
   * @param within whether something around it is known not to have changed: items of a list have no
   *     value before of their own
   */
  private static void walk(
      Node node,
      JsonNode now,
      @Nullable JsonNode before,
      boolean ratchet,
      boolean within,
      FieldPath path,
      Budget budget,
      FieldErrors errors) {
    if (now.isNull()) {
      return;
    }
    boolean same = within || ratchet && before != null && Trees.equal(before, now);
    rules(node, now, before, same, path, budget, errors);
    if (now instanceof ObjectNode object) {
      for (var e : object.properties()) {
        Node child = node.fields.get(e.getKey());
        boolean named = child != null;
        if (child == null && node.type.field(e.getKey()) == null) {
          child = node.element;
        }
        if (child != null) {
          walk(
              child,
              e.getValue(),
              before == null ? null : before.get(e.getKey()),
              ratchet,
              same,
              named ? path.child(e.getKey()) : path.key(e.getKey()),
              budget,
              errors);
        }
      }
    } else if (now instanceof ArrayNode array && node.element != null) {
      OldItems old = OldItems.of(node.type, before);
      int i = 0;
      for (JsonNode item : array) {
        walk(node.element, item, old.of(item), ratchet, same, path.index(i++), budget, errors);
      }
    }
  }

  private static void rules(
      Node node,
      JsonNode now,
      @Nullable JsonNode before,
      boolean same,
      FieldPath path,
      Budget budget,
      FieldErrors errors) {
    Object self = null;
    Object oldSelf = null;
    for (ValidationRule rule : node.rules) {
      boolean skipped = rule.transition() ? before == null && !rule.optionalOldSelf() : same;
      if (skipped) {
        continue;
      }
      try {
        Map<String, Object> variables = new HashMap<>();
        self = self == null ? CelValues.of(now, node.type) : self;
        variables.put("self", self);
        if (rule.transition()) {
          if (oldSelf == null && before != null) {
            oldSelf = CelValues.of(before, node.type);
          }
          if (rule.optionalOldSelf()) {
            variables.put("oldSelf", Optional.ofNullable(oldSelf));
          } else if (oldSelf != null) {
            variables.put("oldSelf", oldSelf);
          }
        }
        if (!rule.rule().test(variables, budget)) {
          fail(rule, now, variables, path, budget, errors);
        }
      } catch (CelFailure e) {
        if (e.overBudget()) {
          throw e;
        }
        errors.rejected(path, e.words() + " evaluating rule: " + rule.display());
      }
    }
  }

  private static void fail(
      ValidationRule rule,
      JsonNode now,
      Map<String, Object> variables,
      FieldPath path,
      Budget budget,
      FieldErrors errors) {
    FieldPath at = path;
    JsonNode value = now;
    for (String step : rule.fieldPath()) {
      at = at.child(step);
      value = value.path(step);
    }
    String message = message(rule, variables, budget);
    boolean plain = value.isValueNode() && rule.messageExpression() == null;
    switch (rule.reason()) {
      case "FieldValueRequired" -> errors.required(at, "", message);
      case "FieldValueForbidden" -> errors.forbidden(at, "", message);
      case "FieldValueDuplicate" -> errors.duplicate(at, "", value);
      default -> {
        if (plain) {
          errors.invalid(at, "", value, message);
        } else {
          errors.rejected(at, message);
        }
      }
    }
  }

  private static String message(ValidationRule rule, Map<String, Object> variables, Budget budget) {
    if (rule.messageExpression() != null) {
      try {
        Object text = rule.messageExpression().eval(variables, budget);
        if (text instanceof String s && !s.isBlank() && s.indexOf('\n') < 0) {
          return s.strip();
        }
      } catch (CelFailure e) {
        if (e.overBudget()) {
          throw e;
        }
      }
    }
    return rule.messageOrRule();
  }
}
