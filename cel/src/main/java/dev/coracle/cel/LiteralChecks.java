package dev.coracle.cel;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelIssue;
import dev.cel.common.CelSource;
import dev.cel.common.CelSourceLocation;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelCall;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.common.navigation.CelNavigableAst;
import dev.cel.common.navigation.CelNavigableExpr;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypes;
import dev.cel.common.types.OptionalType;
import dev.coracle.api.GoDuration;
import dev.coracle.api.validation.GoPatterns;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is wrong with a checked expression whatever its variables are: patterns, durations and times
 * that are none, lists and maps of mixed values, and formats that do not fit what they format.
 * Upstream refuses all of it where an expression is written.
 */
final class LiteralChecks {

  private static final long FIRST_SECOND = -62_135_596_800L;
  private static final long LAST_SECOND = 253_402_300_799L;

  private final CelAbstractSyntaxTree ast;
  private final List<CelIssue> issues = new ArrayList<>();

  private LiteralChecks(CelAbstractSyntaxTree ast) {
    this.ast = ast;
  }

  /** Upstream's words, one issue after the other; empty where nothing is wrong. */
  static String check(CelAbstractSyntaxTree checked) {
    LiteralChecks checks = new LiteralChecks(checked);
    List<CelNavigableExpr> all = CelNavigableAst.fromAst(checked).getRoot().allNodes().toList();
    for (String function : List.of("duration", "timestamp", "matches")) {
      all.stream()
          .filter(n -> n.getKind() == Kind.CALL && n.expr().call().function().equals(function))
          .forEach(n -> checks.argument(n.expr().call()));
    }
    all.stream().filter(n -> n.getKind() == Kind.LIST).forEach(checks::list);
    all.stream().filter(n -> n.getKind() == Kind.MAP).forEach(checks::map);
    all.stream().filter(n -> n.getKind() == Kind.CALL).forEach(n -> checks.format(n.expr()));
    return CelIssue.toDisplayString(checks.issues, checked.getSource());
  }

  private void report(long id, String words) {
    CelSource source = ast.getSource();
    Integer offset = source.getPositionsMap().get(id);
    CelSourceLocation at =
        offset == null
            ? CelSourceLocation.NONE
            : source.getOffsetLocation(offset).orElse(CelSourceLocation.NONE);
    issues.add(CelIssue.formatError(at, words));
  }

  private static Optional<String> text(CelExpr e) {
    return e.getKind() == Kind.CONSTANT && e.constant().getKind() == CelConstant.Kind.STRING_VALUE
        ? Optional.of(e.constant().stringValue())
        : Optional.empty();
  }

  private void argument(CelCall call) {
    if (call.args().isEmpty()) {
      return;
    }
    CelExpr argument = call.args().getFirst();
    if (call.function().equals("timestamp") && isNoSecond(argument)) {
      report(argument.id(), "invalid timestamp argument");
    }
    Optional<String> text = text(argument);
    boolean right =
        text.isEmpty()
            || switch (call.function()) {
              case "duration" -> isDuration(text.get());
              case "timestamp" -> isTime(text.get());
              default -> GoPatterns.problem(text.get()).isEmpty();
            };
    if (!right) {
      report(argument.id(), "invalid " + call.function() + " argument");
    }
  }

  private static boolean isDuration(String text) {
    try {
      GoDuration.parse(text);
      return true;
    } catch (IllegalArgumentException | java.time.DateTimeException e) {
      return false;
    }
  }

  /** Whether it is a number of seconds that is outside of the years 1 to 9999. */
  private static boolean isNoSecond(CelExpr e) {
    if (e.getKind() != Kind.CONSTANT || e.constant().getKind() != CelConstant.Kind.INT64_VALUE) {
      return false;
    }
    long seconds = e.constant().int64Value();
    return seconds < FIRST_SECOND || seconds > LAST_SECOND;
  }

  private static boolean isTime(String text) {
    try {
      java.time.OffsetDateTime.parse(text);
      return true;
    } catch (java.time.DateTimeException e) {
      return false;
    }
  }

  /** What is formatted may be of any types. */
  private static boolean isFormatted(CelNavigableExpr node) {
    for (Optional<CelNavigableExpr> p = node.parent(); p.isPresent(); p = p.get().parent()) {
      CelNavigableExpr parent = p.get();
      if (parent.getKind() == Kind.CALL && parent.expr().call().function().equals("format")) {
        return true;
      }
    }
    return false;
  }

  private @Nullable CelType type(CelExpr e) {
    return ast.getType(e.id()).orElse(null);
  }

  private void list(CelNavigableExpr node) {
    if (isFormatted(node)) {
      return;
    }
    List<CelExpr> elements = node.expr().list().elements();
    List<Integer> optional = node.expr().list().optionalIndices();
    CelType first = null;
    for (int i = 0; i < elements.size(); i++) {
      CelType type = unwrapped(type(elements.get(i)), optional.contains(i));
      if (first == null) {
        first = type;
      } else if (!first.equals(type)) {
        mismatch(elements.get(i), first, type);
        return;
      }
    }
  }

  private void map(CelNavigableExpr node) {
    if (isFormatted(node)) {
      return;
    }
    CelType key = null;
    CelType value = null;
    for (var entry : node.expr().map().entries()) {
      CelType k = type(entry.key());
      CelType v = unwrapped(type(entry.value()), entry.optionalEntry());
      if (key == null || value == null) {
        key = k;
        value = v;
        continue;
      }
      if (!key.equals(k)) {
        mismatch(entry.key(), key, k);
      }
      if (!value.equals(v)) {
        mismatch(entry.value(), value, v);
      }
    }
  }

  private static @Nullable CelType unwrapped(@Nullable CelType type, boolean optional) {
    return optional && type instanceof OptionalType o ? o.parameters().getFirst() : type;
  }

  private void mismatch(CelExpr e, CelType expected, @Nullable CelType found) {
    if (found != null) {
      report(
          e.id(),
          "expected type '"
              + CelTypes.format(expected)
              + "' but found '"
              + CelTypes.format(found)
              + "'");
    }
  }

  private void format(CelExpr e) {
    CelCall call = e.call();
    if (!call.function().equals("format") || call.target().isEmpty() || call.args().size() != 1) {
      return;
    }
    CelExpr values = call.args().getFirst();
    Optional<String> text = text(call.target().get());
    if (text.isEmpty() || values.getKind() != Kind.LIST) {
      return;
    }
    List<CelExpr> given = values.list().elements();
    FormatClauses.Fault fault =
        FormatClauses.check(text.get(), given.stream().map(this::type).toList());
    if (fault != null) {
      report(fault.value() < 0 ? e.id() : given.get(fault.value()).id(), fault.words());
    }
  }
}
