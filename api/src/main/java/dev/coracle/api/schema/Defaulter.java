package dev.coracle.api.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Fills in what the writer left out: for built-in kinds the values of the defaults table and the
 * rules of {@link BuiltInDefaults}, for custom resources the {@code default}s of their schema.
 * Which parts of a type have defaults at all is worked out once per type, so that the rest of the
 * tree is never visited.
 */
public final class Defaulter {

  /**
   * One value for one field.
   *
   * @param zeroIsAbsent an explicit zero (for a text: an empty one) counts as left out
   * @param otherField empty, or a condition: this field must have the text {@code otherValue}
   */
  record Rule(
      String field,
      JsonNode value,
      boolean zeroIsAbsent,
      boolean nullIsAbsent,
      String otherField,
      String otherValue) {

    void apply(ObjectNode object) {
      if (!otherField.isEmpty() && !object.path(otherField).asText("").equals(otherValue)) {
        return;
      }
      JsonNode present = object.get(field);
      boolean absent =
          present == null
              || nullIsAbsent && present.isNull()
              || zeroIsAbsent
                  && (present.isTextual() && present.textValue().isEmpty()
                      || value.isNumber() && present.isNumber() && present.longValue() == 0);
      if (absent) {
        object.set(field, value.deepCopy());
      }
    }
  }

  /** What to do at one type: first rules, then the hook, then the children that need something. */
  private record Plan(
      List<Rule> rules,
      @Nullable Consumer<ObjectNode> hook,
      List<Child> children,
      @Nullable Plan element) {
    static final Plan NOTHING = new Plan(List.of(), null, List.of(), null);

    boolean isNothing() {
      return rules.isEmpty() && hook == null && children.isEmpty() && element == null;
    }
  }

  private record Child(String field, SchemaType type) {}

  private Defaulter() {}

  /** Changes the tree, which must be the caller's own. */
  public static void apply(ResourceDefinition resource, ObjectNode tree) {
    apply(resource.schema(), tree);
  }

  /** As above for any type, such as the item of a list or a template. */
  public static void apply(SchemaType type, ObjectNode tree) {
    run(plan(type), tree);
  }

  private static void run(Plan plan, JsonNode node) {
    if (plan.isNothing()) {
      return;
    }
    if (node instanceof ObjectNode object) {
      for (Rule rule : plan.rules) {
        rule.apply(object);
      }
      if (plan.hook != null) {
        plan.hook.accept(object);
      }
      for (Child child : plan.children) {
        JsonNode value = object.get(child.field);
        if (value != null) {
          run(plan(child.type), value);
        }
      }
      Plan element = plan.element;
      if (element != null) {
        object.forEach(v -> run(element, v));
      }
    } else if (node instanceof ArrayNode array && plan.element != null) {
      for (JsonNode item : array) {
        run(plan.element, item);
      }
    }
  }

  private static Plan plan(SchemaType type) {
    return type.plan instanceof Plan p ? p : compile(type, new ArrayList<>());
  }

  private static Plan compile(SchemaType type, List<SchemaType> path) {
    if (type.plan instanceof Plan p) {
      return p;
    }
    if (path.contains(type) || type.kind().isScalar()) {
      return Plan.NOTHING;
    }
    path.add(type);
    List<Rule> rules = new ArrayList<>();
    List<Child> children = new ArrayList<>();
    if (!type.structural()) {
      rules.addAll(DefaultsTable.rules(type.name()));
    }
    for (SchemaField field : type.fields().values()) {
      JsonNode value = field.defaultValue();
      boolean gone =
          field.whenEmpty() == WhenEmpty.LEFT_OUT && value != null && Zeros.isZero(value);
      if (value != null && !gone && rules.stream().noneMatch(r -> r.field().equals(field.name()))) {
        boolean structural = type.structural();
        rules.add(
            new Rule(
                field.name(), value, !structural, !structural || !field.type().nullable(), "", ""));
      }
      if (!compile(field.type(), path).isNothing()) {
        children.add(new Child(field.name(), field.type()));
      }
    }
    SchemaType element = type.element();
    Plan below = element == null ? Plan.NOTHING : compile(element, path);
    Consumer<ObjectNode> hook = type.structural() ? null : BuiltInDefaults.hook(type.name());
    Plan plan =
        new Plan(List.copyOf(rules), hook, List.copyOf(children), below.isNothing() ? null : below);
    path.removeLast();
    // A recursive type met on its own path counts as nothing there. JSONSchemaProps alone is one,
    // and it has no defaults.
    type.plan = plan;
    return plan;
  }
}
