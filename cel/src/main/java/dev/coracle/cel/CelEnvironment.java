package dev.coracle.cel;

import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructTypeReference;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.compiler.CelCompilerLibrary;
import dev.cel.extensions.CelExtensions;
import dev.cel.extensions.CelListsExtensions;
import dev.cel.extensions.CelStringExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import dev.cel.runtime.CelStandardFunctions;
import dev.cel.runtime.CelStandardFunctions.StandardFunction;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The variables an expression may use, and their types. Compiles expressions; immutable once
 * compiled with, and safe on any thread.
 */
public final class CelEnvironment {

  private static final Pattern SYNTAX =
      Pattern.compile(
          "(ERROR: [^:\n]*:[0-9]+:[0-9]+: )"
              + "(mismatched input|extraneous input|no viable alternative|token recognition error"
              + "|missing )");
  private static final Pattern CANDIDATES =
      Pattern.compile("(found no matching overload for [^\n]*?) \\(candidates: [^\n]*\\)");
  private static final int DEEPEST = 60;

  static final CelOptions OPTIONS =
      CelOptions.current()
          .enableOptionalSyntax(true)
          .enableHeterogeneousNumericComparisons(true)
          // What an event loop's stack has room for; upstream's 250 levels are more than anybody
          // nests.
          .maxParseRecursionDepth(DEEPEST)
          .comprehensionMaxIterations((int) Budget.PER_EXPRESSION)
          .build();

  /**
   * Upstream's version has no reverse(), and finds nothing where a search begins behind the end.
   */
  private static CelStringExtensions strings() {
    return CelExtensions.strings(
        EnumSet.complementOf(
            EnumSet.of(
                CelStringExtensions.Function.REVERSE,
                CelStringExtensions.Function.INDEX_OF,
                CelStringExtensions.Function.LAST_INDEX_OF)));
  }

  /** With functions of our own: a range() that is bounded, a sortBy() that is typed. */
  private static CelListsExtensions lists() {
    return CelExtensions.lists(
        EnumSet.complementOf(
            EnumSet.of(
                CelListsExtensions.Function.RANGE,
                CelListsExtensions.Function.SLICE,
                CelListsExtensions.Function.SORT_BY)));
  }

  /** One for all: it knows functions only, and no variables. */
  private static final class Runtime {
    static final CelRuntime SHARED =
        CelRuntimeFactory.standardCelRuntimeBuilder()
            .setOptions(OPTIONS)
            .setStandardEnvironmentEnabled(false)
            .setStandardFunctions(
                CelStandardFunctions.newBuilder()
                    .filterFunctions((function, overload) ->
                        function != StandardFunction.MATCHES
                            && !NumberTexts.REPLACED.contains(overload))
                    .build())
            .addLibraries(
                strings(),
                lists(),
                CelExtensions.optional(),
                CelExtensions.sets(OPTIONS),
                CelExtensions.comprehensions())
            .addFunctionBindings(TextLibrary.matches())
            .addFunctionBindings(NumberTexts.bindings())
            .addFunctionBindings(Libraries.bindings())
            .build();
  }

  private static final String TOO_DEEP =
      "compilation failed: expression recursion limit exceeded, limit: " + DEEPEST;

  private final CelCompiler compiler;
  private final CelTypeProvider types;
  private final Function<CelTypeProvider, CelCompiler> compilers;
  private final boolean patches;

  /**
   * @param types what struct types named by the variables' types are
   * @param more what these expressions may use beyond what all may; of macros alone
   */
  public CelEnvironment(
      Map<String, CelType> variables, Map<String, CelType> types, CelCompilerLibrary... more) {
    this(variables, types, false, more);
  }

  /** As the constructor, for admission policies: what makes patches is known there. */
  public static CelEnvironment withPatches(
      Map<String, CelType> variables, Map<String, CelType> types) {
    return new CelEnvironment(variables, types, true);
  }

  private CelEnvironment(
      Map<String, CelType> variables,
      Map<String, CelType> types,
      boolean patches,
      CelCompilerLibrary... more) {
    this.patches = patches;
    this.types = provider(ImmutableMap.copyOf(types));
    this.compilers =
        provider -> {
          CelCompilerBuilder builder = builder(patches).setTypeProvider(provider);
          builder.addLibraries(more);
          variables.forEach(builder::addVar);
          return builder.build();
        };
    this.compiler = compilers.apply(this.types);
  }

  private static CelCompilerBuilder builder(boolean patches) {
    return CelCompilerFactory.standardCelCompilerBuilder()
        .setOptions(OPTIONS)
        .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
        .addLibraries(
            strings(),
            lists(),
            CelExtensions.optional(),
            CelExtensions.sets(OPTIONS),
            CelExtensions.comprehensions())
        .addFunctionDeclarations(Libraries.declarations(patches))
        .addMacros(SortLibrary.SORT_BY);
  }

  private static CelTypeProvider provider(ImmutableMap<String, CelType> types) {
    ImmutableList<CelType> all = ImmutableList.copyOf(types.values());
    return new CelTypeProvider() {
      @Override
      public ImmutableCollection<CelType> types() {
        return all;
      }

      @Override
      public Optional<CelType> findType(String name) {
        return Optional.ofNullable(types.get(name));
      }
    };
  }

  /**
   * @param wanted the types the result may have; empty for any. A result whose type shows only when
   *     it runs is of the type dyn, and of no other.
   * @param otherwise what is said of an expression of another type: {@code must evaluate to a bool}
   * @throws CelFailure saying where the expression is wrong
   */
  public Expression compile(String text, Set<CelType> wanted, String otherwise) {
    return compile(text, wanted, _ -> otherwise);
  }

  private Expression compile(
      String text, Collection<CelType> wanted, Function<CelType, String> otherwise) {
    if (Nesting.of(text) > DEEPEST) {
      throw new CelFailure(TOO_DEEP, false);
    }
    try {
      CelAbstractSyntaxTree parsed = compiler.parse(text).getAst();
      CelCompiler checker = patches ? compilers.apply(new PatchTypes(types, parsed)) : compiler;
      CelAbstractSyntaxTree ast = checker.check(parsed).getAst();
      String wrong = LiteralChecks.check(ast);
      if (!wrong.isEmpty()) {
        throw new CelFailure("compilation failed: " + wrong, false);
      }
      CelType type = ast.getResultType();
      if (!wanted.isEmpty() && wanted.stream().noneMatch(w -> is(w, type))) {
        throw new CelFailure(otherwise.apply(type), false);
      }
      ConstantCalls.check(ast, Runtime.SHARED);
      if (patches) {
        ast = compiler.check(PatchLiterals.asMaps(parsed)).getAst();
      }
      CelAbstractSyntaxTree calls = UntypedFields.asCalls(ast);
      CelAbstractSyntaxTree run = calls == null ? ast : compiler.check(calls).getAst();
      return new Expression(text, ast, run, Runtime.SHARED.createProgram(run), Names.usedBy(ast));
    } catch (CelValidationException e) {
      throw new CelFailure("compilation failed: " + words(e), false);
    } catch (CelEvaluationException e) {
      throw new CelFailure("program instantiation failed: " + e.getMessage(), false);
    } catch (StackOverflowError e) {
      // a.b.c… without brackets: the parser's recursion is bounded, what walks its tree is not.
      throw new CelFailure(TOO_DEEP, false);
    }
  }

  /** Structs are the same when their names are. */
  private static boolean is(CelType wanted, CelType type) {
    return wanted.isAssignableFrom(type) || named(wanted).equals(named(type));
  }

  /** As cel-go says it: what its grammar refuses is a syntax error, and no overloads are listed. */
  private static String words(CelValidationException e) {
    String syntax = SYNTAX.matcher(String.valueOf(e.getMessage())).replaceAll("$1Syntax error: $2");
    return CANDIDATES.matcher(syntax).replaceAll("$1");
  }

  /** Of an apply configuration: an {@code Object}. */
  public Expression compileObject(String text) {
    return compileAs(text, StructTypeReference.create("Object"));
  }

  /** Of a list of {@code JSONPatch}es. */
  public Expression compilePatch(String text) {
    return compileAs(text, ListType.create(StructTypeReference.create(PatchTypes.PATCH)));
  }

  public Expression compileBool(String text) {
    return compileAs(text, SimpleType.BOOL);
  }

  /** Of one of these types, in the words of policies and match conditions. */
  public Expression compileAs(String text, CelType... wanted) {
    List<CelType> types = List.of(wanted);
    String names = types.stream().map(CelEnvironment::named).collect(Collectors.joining(" "));
    return compile(
        text,
        types,
        type ->
            "must evaluate to "
                + (types.size() == 1 ? names : "one of [" + names + "]")
                + " but got "
                + named(type));
  }

  /** As cel-go names it. */
  private static String named(CelType type) {
    return type.equals(SimpleType.NULL_TYPE)
        ? "null_type"
        : dev.cel.common.types.CelTypes.format(type);
  }
}
