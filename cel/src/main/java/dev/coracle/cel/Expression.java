package dev.coracle.cel;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.types.CelType;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.coracle.cel.cost.CostEstimate;
import dev.coracle.cel.cost.RunCosts;
import dev.coracle.cel.cost.Sizes;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A compiled expression; safe on any thread. */
public final class Expression {

  private final String text;
  private final CelType type;
  private final CelRuntime.Program program;
  private final Set<String> names;
  private final CelAbstractSyntaxTree ast;
  private final RunCosts costs;

  /**
   * @param ast as it was written
   * @param run as it is evaluated
   */
  Expression(
      String text,
      CelAbstractSyntaxTree ast,
      CelAbstractSyntaxTree run,
      CelRuntime.Program program,
      Set<String> names) {
    this.text = text;
    this.ast = ast;
    this.type = ast.getResultType();
    this.program = program;
    this.names = names;
    this.costs = RunCosts.of(run);
  }

  public String text() {
    return text;
  }

  public CelType type() {
    return type;
  }

  public boolean uses(String variable) {
    return names.contains(variable);
  }

  /**
   * What it may cost at most.
   *
   * @param sizes of its variables; null where nothing is known of them
   */
  public long mostCost(@Nullable Sizes sizes) {
    return CostEstimate.of(ast, sizes).max();
  }

  /**
   * @param variables values as {@link CelValues} makes them
   * @throws CelFailure when it has no value, or when the budget is spent
   */
  public Object eval(Map<String, ?> variables, Budget budget) {
    budget.begin();
    return evalWithin(variables, budget);
  }

  /** As {@link #eval}, as a part of another expression: what it takes counts for that one. */
  public Object evalWithin(Map<String, ?> variables, Budget budget) {
    RunCosts.Meter meter = costs.meter(budget::spend);
    try {
      return program.trace(variables, meter::saw);
    } catch (CelEvaluationException e) {
      for (Throwable t = e; t != null; t = t.getCause()) {
        if (t instanceof CelFailure f) {
          throw f;
        }
      }
      throw failure(e.getMessage(), budget, meter);
    } catch (CelFailure e) {
      throw e;
    } catch (RuntimeException e) {
      throw failure(e.getMessage(), budget, meter);
    } catch (StackOverflowError e) {
      throw new CelFailure("expression is nested too deep to be evaluated", false);
    }
  }

  /** As {@link #eval}, of an expression that must be true or false. */
  public boolean test(Map<String, ?> variables, Budget budget) {
    if (eval(variables, budget) instanceof Boolean b) {
      return b;
    }
    throw new CelFailure("cel expression evaluated to other than a boolean", false);
  }

  private static CelFailure failure(@Nullable String message, Budget by, RunCosts.Meter meter) {
    return by.spent()
        ? by.failure()
        : new CelFailure(FaultWords.of(message, meter.called(), meter.last()), false);
  }

  @Override
  public String toString() {
    return text;
  }
}
