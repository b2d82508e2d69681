package dev.coracle.apiserver.internal.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.types.CelType;
import dev.coracle.api.schema.ListType;
import dev.coracle.api.schema.SchemaField;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.cel.Budget;
import dev.coracle.cel.CelTypes;
import dev.coracle.cel.cost.Sizes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The {@code x-kubernetes-validations} of a schema, compiled into a tree that has only the branches
 * with rules (Kubernetes docs, "Validation rules"). Of a value that did not change it is only a
 * warning when it breaks a rule that looks at it alone (KEP-4008, ratcheting). Immutable.
 */
public final class ValidationRules {

  private static final String FIELD = "x-kubernetes-validations";

  /** The rules on a value, and on what is below it. */
  record Node(
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
    return new ValidationRules(node(type, "Object", whole, new Place(null, 1), path, errors, null));
  }

  /** As {@link #compile}, for a new definition: what its rules may cost is an error too. */
  public static void check(SchemaType type, FieldPath path, FieldErrors errors) {
    RuleCosts costs = new RuleCosts();
    node(type, "Object", true, new Place(null, 1), path, errors, costs);
    costs.checkTotal(path, errors);
  }

  /**
   * @param uncorrelatable the schema inside which the value before can not be found; null mostly
   * @param cardinality how often such a value can occur in an object
   */
  private record Place(@Nullable FieldPath uncorrelatable, long cardinality) {}

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
                  place.uncorrelatable == null && list && type.listType() != ListType.MAP
                      ? path
                      : place.uncorrelatable,
                  RuleCosts.below(place.cardinality, schema, list)),
              path.child(list ? "items" : "additionalProperties"),
              errors,
              costs);
    }
    List<ValidationRule> rules = own(type, schema, name, root, place, path, errors, costs);
    return rules.isEmpty() && fields.isEmpty() && element == null
        ? null
        : new Node(type, List.copyOf(rules), Map.copyOf(fields), element);
  }

  /** The rules on the value itself, which are told after those of what is below it. */
  private static List<ValidationRule> own(
      SchemaType type,
      ObjectNode schema,
      String name,
      boolean root,
      Place place,
      FieldPath path,
      FieldErrors errors,
      @Nullable RuleCosts costs) {
    List<ValidationRule> rules = new ArrayList<>();
    if (schema.path(FIELD).isEmpty()) {
      return rules;
    }
    CelTypes types = new CelTypes();
    CelType self = types.of(type, name, root);
    Sizes sizes = costs == null ? null : Sizes.of(schema, root);
    int i = 0;
    for (JsonNode rule : schema.path(FIELD)) {
      FieldPath at = path.child(FIELD).index(i++);
      FieldErrors wrong = new FieldErrors();
      ValidationRule compiled =
          ValidationRule.compile(
              rule, self, types.structs(), place.uncorrelatable, schema, costs != null, at, wrong);
      if (compiled != null) {
        rules.add(compiled);
        if (costs != null) {
          costs.rule(compiled.rule(), sizes, place.cardinality, at, errors);
          if (compiled.messageExpression() != null) {
            costs.message(compiled.messageExpression(), sizes, at, errors);
          }
        }
      }
      errors.causes().addAll(wrong.causes());
    }
    return rules;
  }

  /**
   * @param before the stored object; null on create
   * @param warned told of what is wrong with values that were so before
   */
  public void check(
      ObjectNode now, @Nullable ObjectNode before, FieldErrors errors, Consumer<String> warned) {
    if (root != null) {
      new RuleWalk(new Budget(), errors, RuleWalk.NOWHERE, warned)
          .walk(root, now, before, before != null);
    }
  }

  /**
   * Whether a default is in accord with the rules, both where it stays as it is and where it is
   * new. Gives whether the budget was enough to tell.
   */
  public boolean checkDefault(JsonNode value, Budget budget, FieldErrors errors) {
    if (root == null) {
      return true;
    }
    RuleWalk walk = new RuleWalk(budget, errors, FieldPath.ROOT, _ -> {});
    return walk.walk(root, value, value, false)
        && (!errors.isEmpty() || walk.walk(root, value, null, false));
  }
}
