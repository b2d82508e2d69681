package dev.coracle.cel;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.navigation.CelNavigableAst;
import java.util.Set;
import java.util.stream.Collectors;

/** Which names an expression refers to. */
final class Names {

  private Names() {}

  static Set<String> usedBy(CelAbstractSyntaxTree ast) {
    return CelNavigableAst.fromAst(ast)
        .getRoot()
        .allNodes()
        .filter(n -> n.getKind() == CelExpr.ExprKind.Kind.IDENT)
        .map(n -> n.expr().ident().name())
        .collect(Collectors.toUnmodifiableSet());
  }
}
