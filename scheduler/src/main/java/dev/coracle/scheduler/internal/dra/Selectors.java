package dev.coracle.scheduler.internal.dra;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOptions;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import dev.coracle.api.Quantity;
import java.util.AbstractMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * CEL expressions over devices. The library is heavy, so this class is only touched when a claim
 * with a selector is to be allocated. Compiled expressions are kept, a bounded number of them.
 * Owned by the scheduler's context.
 */
final class Selectors {

  /** An expression that is wrong, or cannot be evaluated for a device. */
  static final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Failure(String message) {
      super(message, null, false, false);
    }
  }

  private static final int MOST = 256;
  private static final CelType DOMAINS =
      MapType.create(SimpleType.STRING, MapType.create(SimpleType.STRING, SimpleType.DYN));
  private static final Map<String, CelType> FIELDS =
      Map.of(
          "driver",
          SimpleType.STRING,
          "allowMultipleAllocations",
          SimpleType.BOOL,
          "attributes",
          DOMAINS,
          "capacity",
          DOMAINS);
  private static final StructType DEVICE =
      StructType.create(
          "kubernetes.DRADevice",
          ImmutableSet.copyOf(FIELDS.keySet()),
          field -> Optional.ofNullable(FIELDS.get(field)));

  private final CelCompiler compiler;
  private final CelRuntime runtime;
  private final Map<String, CelRuntime.Program> programs =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, CelRuntime.Program> eldest) {
          return size() > MOST;
        }
      };

  Selectors() {
    CelOptions options =
        CelOptions.current()
            .evaluateCanonicalTypesToNativeValues(true)
            .enableHeterogeneousNumericComparisons(true)
            .comprehensionMaxIterations(10_000)
            .build();
    compiler =
        CelCompilerFactory.standardCelCompilerBuilder()
            .setOptions(options)
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .addLibraries(CelExtensions.strings())
            .setTypeProvider(provider())
            .addVar("device", DEVICE)
            .addFunctionDeclarations(
                CelFunctionDecl.newFunctionDeclaration(
                    "quantity",
                    CelOverloadDecl.newGlobalOverload(
                        "quantity_string", SimpleType.DYN, SimpleType.STRING)),
                member("compareTo", "quantity_compare", SimpleType.INT),
                member("isGreaterThan", "quantity_greater", SimpleType.BOOL),
                member("isLessThan", "quantity_less", SimpleType.BOOL))
            .build();
    runtime =
        CelRuntimeFactory.standardCelRuntimeBuilder()
            .setOptions(options)
            .addLibraries(CelExtensions.strings())
            .addFunctionBindings(
                CelFunctionBinding.from("quantity_string", String.class, Quantity::parse),
                CelFunctionBinding.from(
                    "quantity_compare",
                    Quantity.class,
                    Quantity.class,
                    (a, b) -> (long) a.compareTo(b)),
                CelFunctionBinding.from(
                    "quantity_greater",
                    Quantity.class,
                    Quantity.class,
                    (a, b) -> a.compareTo(b) > 0),
                CelFunctionBinding.from(
                    "quantity_less", Quantity.class, Quantity.class, (a, b) -> a.compareTo(b) < 0))
            .build();
  }

  private static CelTypeProvider provider() {
    return new CelTypeProvider() {
      @Override
      public ImmutableCollection<CelType> types() {
        return ImmutableList.of(DEVICE);
      }

      @Override
      public Optional<CelType> findType(String name) {
        return name.equals(DEVICE.name()) ? Optional.of(DEVICE) : Optional.empty();
      }
    };
  }

  private static CelFunctionDecl member(String name, String overload, CelType result) {
    return CelFunctionDecl.newFunctionDeclaration(
        name, CelOverloadDecl.newMemberOverload(overload, result, SimpleType.DYN, SimpleType.DYN));
  }

  /**
   * @throws Failure with the reason
   */
  boolean matches(String expression, Candidate device) {
    try {
      CelRuntime.Program program = programs.get(expression);
      if (program == null) {
        program = runtime.createProgram(compiler.compile(expression).getAst());
        programs.put(expression, program);
      }
      return Boolean.TRUE.equals(program.eval(Map.of("device", variable(device))));
    } catch (CelValidationException e) {
      throw new Failure("CEL expression " + expression + " does not compile: " + e.getMessage());
    } catch (CelEvaluationException | IllegalArgumentException e) {
      throw new Failure(
          "CEL expression "
              + expression
              + " failed for device "
              + device.id()
              + ": "
              + e.getMessage());
    }
  }

  private static Map<String, Object> variable(Candidate device) {
    Map<String, Object> out = new HashMap<>();
    out.put("driver", device.driver());
    out.put(
        "allowMultipleAllocations",
        device.node().path("allowMultipleAllocations").asBoolean(false));
    Map<String, Map<String, Object>> attributes = new HashMap<>();
    for (var e : device.node().path("attributes").properties()) {
      put(attributes, device.driver(), e.getKey(), attribute(e.getValue()));
    }
    out.put("attributes", new Domains(attributes));
    Map<String, Map<String, Object>> capacity = new HashMap<>();
    for (var e : device.node().path("capacity").properties()) {
      put(
          capacity,
          device.driver(),
          e.getKey(),
          Quantity.parse(e.getValue().path("value").asText("0")));
    }
    out.put("capacity", new Domains(capacity));
    return out;
  }

  private static void put(
      Map<String, Map<String, Object>> out, String driver, String key, Object value) {
    int slash = key.indexOf('/');
    String domain = slash < 0 ? driver : key.substring(0, slash);
    out.computeIfAbsent(domain, _ -> new HashMap<>()).put(key.substring(slash + 1), value);
  }

  /** The one field that is set: a string, a version, a whole number or a truth. */
  static Object attribute(JsonNode value) {
    if (value.path("int").isNumber()) {
      return value.path("int").asLong();
    }
    if (value.path("bool").isBoolean()) {
      return value.path("bool").asBoolean();
    }
    return value.path(value.has("version") ? "version" : "string").asText("");
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
