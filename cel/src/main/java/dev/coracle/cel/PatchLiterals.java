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
 * JSONPatch{op: "add", …}}, read as maps: their types have any fields, and what they make is a
 * tree.
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
            .filter(e -> e.getKind() == Kind.STRUCT && isPatch(e.struct().messageName()))
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
                      e.id(),
                      CelMutableExpr.ofConstant(next[0]++, CelConstant.ofValue(e.fieldKey())),
                      e.value(),
                      e.optionalEntry())));
      literal.setMap(CelMutableMap.create(entries));
    }
    return ast.toParsedAst();
  }

  private static boolean isPatch(String name) {
    return name.equals("Object") || name.startsWith("Object.") || name.equals("JSONPatch");
  }
}
