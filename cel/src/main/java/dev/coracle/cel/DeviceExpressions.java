package dev.coracle.cel;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.types.CelType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.extensions.CelExtensions;
import dev.coracle.api.validation.SemanticVersion;
import dev.coracle.cel.cost.Sizes;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Expressions that select devices (KEP-4381): over one variable, {@code device}, with its driver
 * and its attributes and capacities by domain and name. The API server accepts with the very
 * environment by which the scheduler evaluates.
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
    return checked(text).mostCost(Environment.SIZES);
  }

  /**
   * An expression that {@link #check} accepts, to be asked about devices. Costs of it are counted
   * when it is evaluated.
   *
   * @throws CelFailure saying what is wrong with it
   */
  public static Selector compile(String text) {
    return new Selector(checked(text));
  }

  /** Loads what expressions need, which takes long the first time; safe on any thread. */
  public static void warmUp() {
    checked("device.driver == 'a' && device.attributes['a'].all(n, n != 'b')");
  }

  private static Expression checked(String text) {
    Expression compiled = Environment.SHARED.compile(text, Set.of(), "");
    CelType type = compiled.type();
    if (!type.equals(SimpleType.BOOL)
        && !type.equals(SimpleType.DYN)
        && !type.equals(SimpleType.ANY)) {
      throw new CelFailure("must evaluate to bool or the unknown type, not " + type.name(), false);
    }
    return compiled;
  }

  /** A compiled expression; immutable. */
  public static final class Selector {

    private final Expression expression;

    private Selector(Expression expression) {
      this.expression = expression;
    }

    /**
     * @throws CelFailure where it has no answer for the device
     */
    public boolean matches(Device device) {
      Object result = expression.eval(device.variables, new Budget());
      if (result instanceof Boolean b) {
        return b;
      }
      throw new CelFailure(
          "CEL result of type "
              + result.getClass().getSimpleName()
              + " could not be converted to bool",
          false);
    }
  }

  /** A device of a slice, as expressions see it. */
  public static final class Device {

    private final Map<String, Object> variables;

    private Device(Map<String, Object> variables) {
      this.variables = variables;
    }

    /**
     * @param driver the domain of what names no other
     * @param device with the fields of v1
     * @throws CelFailure where an attribute or a capacity has no value
     */
    public static Device of(String driver, JsonNode device) {
      Map<String, Map<String, Object>> attributes = new HashMap<>();
      for (var e : device.path("attributes").properties()) {
        put(attributes, driver, e.getKey(), attribute(e.getKey(), e.getValue()));
      }
      Map<String, Map<String, Object>> capacity = new HashMap<>();
      for (var e : device.path("capacity").properties()) {
        Object amount = QuantityLibrary.parse(e.getValue().path("value").asText(""));
        put(capacity, driver, e.getKey(), amount);
      }
      return new Device(
          Map.of(
              "device",
              Map.of(
                  "driver",
                  driver,
                  "allowMultipleAllocations",
                  device.path("allowMultipleAllocations").asBoolean(false),
                  "attributes",
                  new Domains(attributes),
                  "capacity",
                  new Domains(capacity))));
    }

    private static void put(
        Map<String, Map<String, Object>> out, String driver, String key, Object value) {
      int slash = key.indexOf('/');
      String domain = slash < 0 ? driver : key.substring(0, slash);
      out.computeIfAbsent(domain, _ -> new HashMap<>()).put(key.substring(slash + 1), value);
    }

    /** The one field that is set; several values are a list. */
    private static Object attribute(String name, JsonNode attribute) {
      for (var e : attribute.properties()) {
        JsonNode value = e.getValue();
        switch (e.getKey()) {
          case "int", "bool", "string" -> {
            return CelValues.of(value);
          }
          case "version" -> {
            return version(name, value.asText(""));
          }
          case "ints", "bools", "strings" -> {
            return CelValues.of(value);
          }
          case "versions" -> {
            List<Object> out = new ArrayList<>();
            value.forEach(v -> out.add(version(name, v.asText(""))));
            return out;
          }
          default -> {}
        }
      }
      throw new CelFailure("attribute " + name + ": unsupported attribute value", false);
    }

    private static Object version(String name, String text) {
      SemanticVersion version = SemverLibrary.parse(text, false);
      if (version == null) {
        throw new CelFailure(
            "attribute " + name + ": parse semantic version: \"" + text + "\"", false);
      }
      return version;
    }
  }

  /** A domain of which a device says nothing has no attributes, and is not an error. */
  private static final class Domains extends AbstractMap<String, Map<String, Object>> {
    private final Map<String, Map<String, Object>> known;

    Domains(Map<String, Map<String, Object>> known) {
      this.known = known;
    }

    @Override
    public @Nullable Map<String, Object> get(@Nullable Object domain) {
      return known.getOrDefault(domain, Map.of());
    }

    @Override
    public boolean containsKey(@Nullable Object domain) {
      return domain instanceof String;
    }

    @Override
    public Set<Entry<String, Map<String, Object>>> entrySet() {
      return known.entrySet();
    }
  }
}
