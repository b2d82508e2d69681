package dev.coracle.cel.cost;

import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The functions that make lists of lists: what they cost, and how large what they make is. */
final class ListCosts {

  /** What is compared twice, and with every other. */
  private static final double COMPARED = 2;

  /** A list is made, and a function called. */
  static final Bound MADE = Bound.of(11);

  private ListCosts() {}

  /** Null for a function that is none of these, such as reverse() of a text. */
  static @Nullable CallCost of(
      String function, String overload, @Nullable Operand target, List<Operand> args) {
    return switch (function) {
      case "lists.range" -> made(1, Bound.of(literal(args.getFirst(), Bound.ENDLESS)));
      case "slice" -> target == null ? null : slice(target, args);
      case "reverse" ->
          target == null || !overload.startsWith("list") ? null : made(1, target.sizeOrUnknown());
      case "flatten" -> {
        double depth = args.isEmpty() ? 1 : literal(args.getFirst(), Bound.ENDLESS);
        yield target == null ? null : made(depth, target.sizeOrUnknown());
      }
      case "distinct", "sort" -> target == null ? null : compared(target);
      case "@sortByAssociatedKeys" -> compared(args.getLast());
      default -> null;
    };
  }

  private static CallCost slice(Operand target, List<Operand> args) {
    long from = literal(args.get(0), 0);
    long to = literal(args.get(1), target.sizeOrUnknown().max());
    return made(1, Bound.of(to < from ? Bound.ENDLESS : to - from));
  }

  private static CallCost compared(Operand list) {
    CelType type = list.type();
    CelKind item =
        type == null || type.parameters().isEmpty()
            ? CelKind.DYN
            : type.parameters().getFirst().kind();
    boolean text = item == CelKind.STRING || item == CelKind.BYTES;
    Bound size = list.sizeOrUnknown();
    return made(text ? COMPARED + CallCost.CHARACTER : COMPARED, size.times(size));
  }

  private static CallCost made(double factor, Bound size) {
    return new CallCost(size.times(factor).plus(MADE), size);
  }

  private static long literal(Operand operand, long otherwise) {
    CelExpr e = operand.expr();
    return e != null
            && e.getKind() == CelExpr.ExprKind.Kind.CONSTANT
            && e.constant().getKind() == CelConstant.Kind.INT64_VALUE
        ? Math.max(0, e.constant().int64Value())
        : otherwise;
  }
}
