package dev.coracle.cel;

import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelFunctionOverload;
import dev.coracle.api.Quantity;
import java.math.BigDecimal;

/** Quantities: {@code quantity("1Gi").isLessThan(quantity("2G"))}. */
final class QuantityLibrary {

  static final CelType QUANTITY = OpaqueType.create("kubernetes.Quantity");

  /** An exact amount; equal by amount, however it was written. */
  record Amount(BigDecimal value) {

    static Amount of(BigDecimal value) {
      return new Amount(value.signum() == 0 ? BigDecimal.ZERO : value.stripTrailingZeros());
    }
  }

  private QuantityLibrary() {}

  static void addTo(Libraries libraries) {
    libraries.global(
        "quantity",
        "string_to_quantity",
        QUANTITY,
        SimpleType.STRING,
        String.class,
        QuantityLibrary::parse);
    libraries.global(
        "isQuantity",
        "is_quantity_string",
        SimpleType.BOOL,
        SimpleType.STRING,
        String.class,
        QuantityLibrary::isQuantity);
    // Of all of them this one is no member, as upstream has it.
    libraries.global(
        "sign",
        "quantity_sign",
        SimpleType.INT,
        QUANTITY,
        Amount.class,
        a -> (long) a.value().signum());
    libraries.member(
        "isInteger",
        "quantity_is_integer",
        SimpleType.BOOL,
        QUANTITY,
        Amount.class,
        QuantityLibrary::isInteger);
    libraries.member(
        "asInteger",
        "quantity_as_integer",
        SimpleType.INT,
        QUANTITY,
        Amount.class,
        a -> {
          if (!isInteger(a)) {
            throw new CelFailure("cannot convert value to integer", false);
          }
          return a.value().longValueExact();
        });
    libraries.member(
        "asApproximateFloat",
        "quantity_as_float",
        SimpleType.DOUBLE,
        QUANTITY,
        Amount.class,
        a -> a.value().doubleValue());
    compare(
        libraries, "compareTo", SimpleType.INT, (a, b) -> (long) a.value().compareTo(b.value()));
    compare(libraries, "isLessThan", SimpleType.BOOL, (a, b) -> a.value().compareTo(b.value()) < 0);
    compare(
        libraries, "isGreaterThan", SimpleType.BOOL, (a, b) -> a.value().compareTo(b.value()) > 0);
    arithmetic(libraries, "add", 1);
    arithmetic(libraries, "sub", -1);
  }

  private static void compare(
      Libraries libraries,
      String name,
      CelType result,
      CelFunctionOverload.Binary<Amount, Amount> body) {
    libraries.member(
        name, "quantity_" + name, result, QUANTITY, QUANTITY, Amount.class, Amount.class, body);
  }

  private static void arithmetic(Libraries libraries, String name, int sign) {
    libraries.member(
        name,
        "quantity_" + name,
        QUANTITY,
        QUANTITY,
        QUANTITY,
        Amount.class,
        Amount.class,
        (a, b) -> Amount.of(sign > 0 ? a.value().add(b.value()) : a.value().subtract(b.value())));
    libraries.member(
        name,
        "quantity_" + name + "_int",
        QUANTITY,
        QUANTITY,
        SimpleType.INT,
        Amount.class,
        Long.class,
        (a, b) -> Amount.of(a.value().add(BigDecimal.valueOf(sign * b))));
  }

  private static boolean isInteger(Amount a) {
    try {
      a.value().longValueExact();
      return true;
    } catch (ArithmeticException e) {
      return false;
    }
  }

  private static boolean isQuantity(String text) {
    try {
      Quantity.parse(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  static Amount parse(String text) {
    try {
      return Amount.of(Quantity.parse(text).value());
    } catch (IllegalArgumentException e) {
      throw new CelFailure(String.valueOf(e.getMessage()), false);
    }
  }
}
