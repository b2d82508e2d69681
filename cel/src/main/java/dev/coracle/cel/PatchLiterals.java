package dev.coracle.cel;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelMutableAst;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.common.ast.CelMutableExpr;
import dev.cel.common.ast.CelMutableExpr.CelMutableMap;
import dev.cel.common.navigation.CelNavigableMutableAst;
import dev.cel.common.navigation.CelNavigableMutableExpr;
import java.util.ArrayList;
import java.util.List;

/**
 * The literals of mutating policies, {@code Object{spec: Object.spec{replicas: 3}}} and {@code
 * JSONPatch{op: "add", …}}, evaluated as maps. An object's map holds the name of its type too, for
 * {@link PatchObjects}.
 */
final class PatchLiterals {

  private PatchLiterals() {}

  static CelAbstractSyntaxTree asMaps(CelAbstractSyntaxTree parsed) {
    CelMutableAst ast = CelMutableAst.fromCelAst(parsed);
    List<CelMutableExpr> literals =
        CelNavigableMutableAst.fromAst(ast)
            .getRoot()
            .allNodes()
            .map(CelNavigableMutableExpr::expr)
            .filter(e -> e.getKind() == Kind.STRUCT && PatchTypes.isPatch(e.struct().messageName()))
            .toList();
    if (literals.isEmpty()) {
      return parsed;
    }
    long[] next = {
      1
          + CelNavigableMutableAst.fromAst(ast)
              .getRoot()
              .allNodes()
              .mapToLong(n -> n.expr().id())
              .max()
              .orElse(0)
    };
    for (CelMutableExpr literal : literals) {
      List<CelMutableMap.Entry> entries = new ArrayList<>();
      literal
          .struct()
          .entries()
          .forEach(e ->
              entries.add(
                  CelMutableMap.Entry.create(
                      e.id(), constant(next, e.fieldKey()), e.value(), e.optionalEntry())));
      String name = literal.struct().messageName();
      if (!name.equals(PatchTypes.PATCH)) {
        entries.add(
            CelMutableMap.Entry.create(
                next[0]++, constant(next, PatchObjects.TYPE), constant(next, name), false));
      }
      literal.setMap(CelMutableMap.create(entries));
    }
    return ast.toParsedAst();
  }

  private static CelMutableExpr constant(long[] next, String text) {
    return CelMutableExpr.ofConstant(next[0]++, CelConstant.ofValue(text));
  }
}
