package dev.coracle.apiserver.internal.crd;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.cel.Expression;
import dev.coracle.cel.cost.Bound;
import dev.coracle.cel.cost.Sizes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the rules of one schema may cost at most, each and together, against the limits of
 * Kubernetes. A rule counts as often as its value can occur in an object. Confined to one thread.
 */
public final class RuleCosts {

  /** As often as fits into a request. */
  static final long UNBOUNDED = -1;

  private static final long OF_A_RULE = 10_000_000;
  private static final long OF_A_SCHEMA = 100_000_000;

  /** Of those that make at least a hundredth of it. */
  private static final int NAMED = 4;

  private record Cost(FieldPath path, String field, long cost) {}

  private final List<Cost> costs = new ArrayList<>();
  private long total;

  /** How often the values below a value occur that itself does so this often. */
  static long below(long cardinality, JsonNode schema, boolean list) {
    JsonNode most = schema.path(list ? "maxItems" : "maxProperties");
    return cardinality == UNBOUNDED || !most.isNumber()
        ? UNBOUNDED
        : Bound.times(cardinality, Math.max(0, most.asLong()));
  }

  void rule(
      Expression rule, @Nullable Sizes sizes, long cardinality, FieldPath at, FieldErrors errors) {
    long times = cardinality != UNBOUNDED ? cardinality : sizes == null ? 1 : sizes.perRequest();
    long cost = Bound.times(rule.mostCost(sizes), times);
    add(cost, "estimated rule cost", at, "rule", errors);
  }

  void message(Expression message, @Nullable Sizes sizes, FieldPath at, FieldErrors errors) {
    add(
        message.mostCost(sizes),
        "estimated messageExpression cost",
        at,
        "messageExpression",
        errors);
  }

  private void add(long cost, String what, FieldPath at, String field, FieldErrors errors) {
    if (cost >= OF_A_SCHEMA / 100) {
      costs.add(new Cost(at, field, cost));
    }
    total = cost > Long.MAX_VALUE - total ? Long.MAX_VALUE : total + cost;
    if (cost > OF_A_RULE) {
      errors.forbidden(at, field, words(what, cost, OF_A_RULE));
    }
  }

  /**
   * @param schema where all of it stands
   */
  public void checkTotal(FieldPath schema, FieldErrors errors) {
    if (total <= OF_A_SCHEMA) {
      return;
    }
    costs.stream()
        .sorted(Comparator.comparingLong(Cost::cost).reversed())
        .limit(NAMED)
        .forEach(c ->
            errors.forbidden(
                c.path,
                c.field,
                "contributed to estimated rule cost total exceeding cost limit for entire"
                    + " OpenAPIv3 schema"));
    errors.forbidden(
        schema,
        "",
        words(
            "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema",
            total,
            OF_A_SCHEMA));
  }

  private static String words(String what, long cost, long limit) {
    double times = (double) cost / limit;
    String factor =
        times > 100
            ? "more than 100x"
            : String.format(Locale.ROOT, times < 1.5 ? "%fx" : "%.1fx", times);
    return what
        + " exceeds budget by factor of "
        + factor
        + " (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where"
        + " arrays, maps, and strings are declared)";
  }
}
