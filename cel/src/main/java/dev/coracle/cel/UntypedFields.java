package dev.coracle.cel;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelMutableAst;
import dev.cel.common.Operator;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.common.ast.CelMutableExpr;
import dev.cel.common.ast.CelMutableExpr.CelMutableCall;
import dev.cel.common.navigation.CelNavigableMutableAst;
import dev.cel.common.navigation.CelNavigableMutableExpr;
import dev.cel.common.types.OptionalType;
import dev.cel.common.types.SimpleType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code has(x.f)}, {@code x.?f} and {@code x[?'f']} where {@code x} has no type until it is
 * evaluated: what is no map has no field, as cel-go sees it, and of a list no field can be asked.
 * The engine fails for both, so these are calls of functions of our own, whose names nobody can
 * write.
 */
final class UntypedFields {

  static final String HAS = "@has";
  static final String FIND = "@find";

  private UntypedFields() {}

  static void addTo(Libraries all) {
    List<Class<?>> types = List.of(Object.class, String.class);
    all.global(
        HAS,
        "untyped_has_field",
        SimpleType.BOOL,
        List.of(SimpleType.DYN, SimpleType.STRING),
        types,
        args -> find(args[0], (String) args[1]).isPresent());
    all.global(
        FIND,
        "untyped_find_field",
        OptionalType.create(SimpleType.DYN),
        List.of(SimpleType.DYN, SimpleType.STRING),
        types,
        args -> find(args[0], (String) args[1]));
  }

  private static Optional<Object> find(Object value, String field) {
    return switch (value) {
      case Optional<?> o -> o.isPresent() ? find(o.get(), field) : Optional.empty();
      case Map<?, ?> map -> Optional.ofNullable(map.get(field));
      case List<?> _ -> throw new CelFailure(FaultWords.NO_FIELDS_OF_LISTS, false);
      default -> Optional.empty();
    };
  }

  /**
   * @return null where nothing is asked of untyped values, otherwise a tree that is to be checked
   */
  static @Nullable CelAbstractSyntaxTree asCalls(CelAbstractSyntaxTree checked) {
    CelMutableAst ast = CelMutableAst.fromCelAst(checked);
    List<CelMutableExpr> all =
        CelNavigableMutableAst.fromAst(ast)
            .getRoot()
            .allNodes()
            .map(CelNavigableMutableExpr::expr)
            .toList();
    List<CelMutableExpr> asked = all.stream().filter(e -> isUntyped(e, checked)).toList();
    if (asked.isEmpty()) {
      return null;
    }
    long next = 1 + all.stream().mapToLong(CelMutableExpr::id).max().orElse(0);
    for (CelMutableExpr e : asked) {
      if (e.getKind() == Kind.SELECT) {
        CelMutableExpr field =
            CelMutableExpr.ofConstant(next++, CelConstant.ofValue(e.select().field()));
        e.setCall(CelMutableCall.create(HAS, e.select().operand(), field));
      } else {
        e.setCall(CelMutableCall.create(FIND, e.call().args()));
      }
    }
    return ast.toParsedAst();
  }

  private static boolean isUntyped(CelMutableExpr e, CelAbstractSyntaxTree checked) {
    if (e.getKind() == Kind.SELECT) {
      return e.select().testOnly() && isUntyped(e.select().operand().id(), checked);
    }
    if (e.getKind() != Kind.CALL || e.call().args().size() != 2) {
      return false;
    }
    String function = e.call().function();
    return (function.equals(Operator.OPTIONAL_SELECT.getFunction())
            || function.equals(Operator.OPTIONAL_INDEX.getFunction()))
        && isText(e.call().args().get(1))
        && isUntyped(e.call().args().getFirst().id(), checked);
  }

  private static boolean isText(CelMutableExpr e) {
    return e.getKind() == Kind.CONSTANT && e.constant().getKind() == CelConstant.Kind.STRING_VALUE;
  }

  private static boolean isUntyped(long id, CelAbstractSyntaxTree checked) {
    return checked
        .getType(id)
        .map(t -> t instanceof OptionalType o ? o.parameters().getFirst() : t)
        .filter(SimpleType.DYN::equals)
        .isPresent();
  }
}
