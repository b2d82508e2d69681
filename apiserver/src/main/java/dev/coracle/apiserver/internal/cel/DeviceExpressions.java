package dev.coracle.apiserver.internal.cel;

import dev.cel.common.types.CelType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.extensions.CelExtensions;
import dev.coracle.apiserver.internal.cel.cost.Sizes;
import java.util.Map;
import java.util.Set;

/**
 * Expressions that select devices (KEP-4381): over one variable, {@code device}, with its driver
 * and its attributes and capacities by domain and name.
 */
public final class DeviceExpressions {

  /** What one may cost at most. */
  public static final long MOST_COST = 1_000_000;

  private static final int MOST_ENTRIES = 32;
  private static final int LONGEST_DRIVER = 63;
  private static final int LONGEST_VALUE = 64;

  private static final class Environment {
    static final CelEnvironment SHARED = environment();
    static final Sizes SIZES = device();

    private static CelEnvironment environment() {
      CelTypes types = new CelTypes();
      CelType device =
          types.struct(
              "kubernetes.DRADevice",
              Map.of(
                  "driver",
                  SimpleType.STRING,
                  "allowMultipleAllocations",
                  SimpleType.BOOL,
                  "attributes",
                  byDomain(SimpleType.DYN),
                  "capacity",
                  byDomain(QuantityLibrary.QUANTITY)));
      return new CelEnvironment(
          Map.of("device", device), types.structs(), CelExtensions.bindings());
    }

    private static CelType byDomain(CelType value) {
      return MapType.create(SimpleType.STRING, MapType.create(SimpleType.STRING, value));
    }

    private static Sizes device() {
      Sizes values = Sizes.mapOf(MOST_ENTRIES, Sizes.value(LONGEST_VALUE));
      return Sizes.structOf(
          Map.of(
              "driver",
              Sizes.value(LONGEST_DRIVER),
              "attributes",
              Sizes.mapOf(MOST_ENTRIES, values),
              "capacity",
              Sizes.mapOf(MOST_ENTRIES, values)));
    }
  }

  private DeviceExpressions() {}

  /**
   * @return what it may cost at most
   * @throws CelFailure saying what is wrong with it
   */
  public static long check(String text) {
    Expression compiled = Environment.SHARED.compile(text, Set.of(), "");
    CelType type = compiled.type();
    if (!type.equals(SimpleType.BOOL)
        && !type.equals(SimpleType.DYN)
        && !type.equals(SimpleType.ANY)) {
      throw new CelFailure("must evaluate to bool or the unknown type, not " + type.name(), false);
    }
    return compiled.mostCost(Environment.SIZES);
  }
}
