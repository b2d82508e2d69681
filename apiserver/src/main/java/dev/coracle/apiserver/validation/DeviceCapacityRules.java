package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/**
 * How much of a capacity one request may take (KEP-5075). Steps and equality are those of whole
 * numbers: a part of one counts as one, as upstream has it.
 */
final class DeviceCapacityRules {

  private static final int MOST_VALUES = 10;
  private static final BigDecimal LARGEST = BigDecimal.valueOf(Long.MAX_VALUE);

  private DeviceCapacityRules() {}

  /** An amount, which errors show in its canonical form. */
  private record Amount(Quantity quantity) {

    static @Nullable Amount of(JsonNode node) {
      Quantity quantity = Quantity.tryParse(node.asText(""));
      return quantity == null ? null : new Amount(quantity);
    }

    BigDecimal value() {
      return quantity.value();
    }

    String text() {
      return quantity.toString();
    }

    boolean over(Amount other) {
      return quantity.compareTo(other.quantity) > 0;
    }

    BigInteger whole() {
      return value().setScale(0, RoundingMode.UP).toBigInteger();
    }
  }

  /**
   * @param shared whether the device may be allocated several times
   */
  static void check(JsonNode capacity, boolean shared, FieldPath path, FieldErrors errors) {
    if (!Nodes.set(capacity, "requestPolicy")) {
      return;
    }
    if (!shared) {
      errors.forbidden(path, "requestPolicy", "allowMultipleAllocations must be true");
      return;
    }
    FieldPath at = path.child("requestPolicy");
    JsonNode policy = capacity.path("requestPolicy");
    boolean values = Nodes.has(policy, "validValues");
    boolean range = Nodes.set(policy, "validRange");
    if (values && range) {
      errors.forbidden(
          at,
          "",
          "exactly one policy can be specified, cannot specify \"validValues\" and"
              + " \"validRange\" at the same time");
      return;
    }
    if (!values && !range) {
      return;
    }
    String field = values ? "validValues" : "validRange";
    Amount most = Amount.of(capacity.path("value"));
    Amount otherwise = Amount.of(policy.path("default"));
    if (otherwise == null) {
      errors.required(at, "default", "required when " + field + " is defined");
    } else if (most != null) {
      if (values) {
        values(policy.path(field), otherwise, most, at.child(field), errors);
      } else {
        range(policy.path(field), otherwise, most, at.child(field), errors);
      }
    }
  }

  private static void values(
      JsonNode values, Amount otherwise, Amount most, FieldPath at, FieldErrors errors) {
    Amount last = null;
    boolean found = false;
    int i = 0;
    for (JsonNode node : values) {
      Amount value = Amount.of(node);
      if (value != null && last != null && last.over(value)) {
        errors.invalid(at.index(i), "", value.text(), "values must be sorted in ascending order");
      }
      found |= value != null && value.value().compareTo(otherwise.value()) == 0;
      last = value;
      i++;
    }
    DeviceLists.set(
        values,
        MOST_VALUES,
        at,
        errors,
        (node, here, to) -> {
          Amount value = Amount.of(node);
          if (value != null && value.over(most)) {
            to.invalid(
                here, "", value.text(), "option is larger than capacity value: " + most.text());
          }
        },
        node -> {
          Amount value = Amount.of(node);
          return value == null ? node.asText("") : value.whole().toString();
        });
    if (!found) {
      errors.invalid(
          at, "", otherwise.text(), "default value is not valid according to the requestPolicy");
    }
  }

  private static void range(
      JsonNode range, Amount otherwise, Amount capacity, FieldPath at, FieldErrors errors) {
    Amount min = Amount.of(range.path("min"));
    Amount max = Amount.of(range.path("max"));
    Amount step = Amount.of(range.path("step"));
    if (min == null) {
      errors.required(at, "min", "required when validRange is defined");
      return;
    }
    if (min.over(capacity)) {
      errors.invalid(
          at, "min", min.text(), "min is larger than capacity value: " + capacity.text());
    }
    if (min.over(otherwise)) {
      errors.invalid(at, "default", otherwise.text(), "default is less than min: " + min.text());
    }
    if (max != null) {
      if (min.over(max)) {
        errors.invalid(at, "max", min.text(), "min is larger than max: " + max.text());
      }
      if (max.over(capacity)) {
        errors.invalid(
            at, "max", max.text(), "max is larger than capacity value: " + capacity.text());
      }
      if (otherwise.over(max)) {
        errors.invalid(at, "default", otherwise.text(), "default is more than max: " + max.text());
      }
    }
    if (step == null) {
      return;
    }
    if (step.value().signum() <= 0) {
      errors.invalid(at, "step", step.text(), "must be greater than zero");
      return;
    }
    Amount first = new Amount(min.quantity().plus(step.quantity()));
    if (first.over(capacity)) {
      errors.invalid(
          at,
          "step",
          step.text(),
          "one step " + first.text() + " is larger than capacity value: " + capacity.text());
    }
    boolean good = inRange(otherwise, at, "default", errors);
    good &= inRange(min, at, "min", errors);
    good &= max == null || inRange(max, at, "max", errors);
    good &= inRange(step, at, "step", errors);
    if (good) {
      step(otherwise, min, step, at, errors);
      if (max != null) {
        step(max, min, step, at, errors);
      }
    }
  }

  private static boolean inRange(Amount of, FieldPath at, String field, FieldErrors errors) {
    if (of.value().signum() < 0) {
      errors.invalid(at, field, of.text(), "must be greater than or equal to 0");
      return false;
    }
    if (of.value().compareTo(LARGEST) > 0) {
      errors.invalid(at, field, of.text(), "must not be larger than " + Long.MAX_VALUE);
      return false;
    }
    return true;
  }

  private static void step(
      Amount value, Amount min, Amount step, FieldPath at, FieldErrors errors) {
    if (value.whole().subtract(min.whole()).mod(step.whole()).signum() != 0) {
      errors.invalid(
          at,
          "step",
          value.text(),
          "value is not a multiple of a given step ("
              + step.text()
              + ") from ("
              + min.text()
              + ")");
    }
  }
}
