package dev.coracle.cel;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelCall;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.common.navigation.CelNavigableAst;
import dev.cel.common.navigation.CelNavigableExpr;
import dev.cel.common.navigation.TraversalOrder;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.coracle.api.validation.GoPatterns;
import java.util.Map;
import java.util.Set;

/**
 * What upstream does once and for all when it makes an expression ready to run: conversions of
 * constants, and patterns that are constants. Where such a call has no value the expression is
 * refused, whether or not it would ever be reached.
 */
final class ConstantCalls {

  private static final Set<String> CONVERSIONS =
      Set.of("bool", "bytes", "double", "duration", "int", "string", "timestamp", "uint");

  private static final Set<String> PATTERNS = Set.of("matches", "find", "findAll");

  private final CelAbstractSyntaxTree ast;
  private final CelRuntime runtime;

  private ConstantCalls(CelAbstractSyntaxTree ast, CelRuntime runtime) {
    this.ast = ast;
    this.runtime = runtime;
  }

  /**
   * @throws CelFailure in upstream's words
   */
  static void check(CelAbstractSyntaxTree checked, CelRuntime runtime) {
    ConstantCalls calls = new ConstantCalls(checked, runtime);
    CelNavigableAst.fromAst(checked)
        .getRoot()
        .allNodes(TraversalOrder.POST_ORDER)
        .filter(n -> n.getKind() == Kind.CALL)
        .map(CelNavigableExpr::expr)
        .forEach(calls::call);
  }

  private void call(CelExpr e) {
    CelCall call = e.call();
    boolean member = call.target().isPresent();
    if (!member && call.args().size() == 1 && CONVERSIONS.contains(call.function())) {
      if (call.args().getFirst().getKind() == Kind.CONSTANT) {
        convert(e);
      }
    } else if (PATTERNS.contains(call.function())) {
      int at = member ? 0 : 1;
      if (call.args().size() > at) {
        pattern(call.args().get(at));
      }
    }
  }

  private void convert(CelExpr e) {
    CelAbstractSyntaxTree alone =
        CelAbstractSyntaxTree.newCheckedAst(
            e, ast.getSource(), ast.getReferenceMap(), ast.getTypeMap());
    try {
      new Expression("", alone, alone, runtime.createProgram(alone), Set.of())
          .eval(Map.of(), new Budget());
    } catch (CelEvaluationException failure) {
      throw refused(String.valueOf(failure.getMessage()));
    } catch (CelFailure failure) {
      throw refused(String.valueOf(failure.getMessage()));
    }
  }

  private static void pattern(CelExpr argument) {
    if (argument.getKind() == Kind.CONSTANT
        && argument.constant().getKind() == CelConstant.Kind.STRING_VALUE) {
      String problem = GoPatterns.problem(argument.constant().stringValue());
      if (!problem.isEmpty()) {
        throw refused(problem);
      }
    }
  }

  private static CelFailure refused(String why) {
    return new CelFailure("program instantiation failed: " + why, false);
  }
}
