package dev.coracle.cel.cost;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelCall;
import dev.cel.common.ast.CelExpr.CelComprehension;
import dev.cel.common.ast.CelExpr.CelSelect;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.common.ast.CelReference;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks a checked expression once and adds up what it may cost: a look at a variable or a field one
 * unit, a call what it looks at, a loop its body as often as its range has items. A branch counts
 * with the dearer of its sides. Confined to one thread.
 */
public final class CostEstimate {

  static final long LIST = 10;
  static final long MAP = 30;
  static final long STRUCT = 40;

  private final CelAbstractSyntaxTree ast;
  private final LibraryCosts library;
  private final KnownSizes known;

  private CostEstimate(CelAbstractSyntaxTree ast, @Nullable Sizes sizes) {
    this.ast = ast;
    this.library = new LibraryCosts(sizes);
    this.known = new KnownSizes(ast, sizes);
  }

  /**
   * @param sizes of the variables; null where nothing is known of them
   */
  public static Bound of(CelAbstractSyntaxTree checked, @Nullable Sizes sizes) {
    return new CostEstimate(checked, sizes).cost(checked.getExpr());
  }

  private Bound cost(CelExpr e) {
    return switch (e.getKind()) {
      case CONSTANT, NOT_SET -> Bound.NONE;
      case IDENT -> {
        known.named(e);
        yield Bound.ONE;
      }
      case SELECT -> select(e, e.select());
      case CALL -> call(e, e.call());
      case LIST -> list(e);
      case MAP -> map(e);
      case STRUCT -> {
        Bound sum = Bound.of(STRUCT);
        for (var entry : e.struct().entries()) {
          sum = sum.plus(cost(entry.value()));
        }
        yield sum;
      }
      case COMPREHENSION -> {
        CelComprehension loop = e.comprehension();
        yield isBinding(loop) ? binding(e, loop) : comprehension(e, loop);
      }
    };
  }

  /** Whether a field is there is asked for nothing beyond the object it is asked of. */
  private Bound select(CelExpr e, CelSelect select) {
    Bound sum = cost(select.operand());
    if (select.testOnly()) {
      return sum;
    }
    CelType of = ast.getType(select.operand().id()).orElse(null);
    if (of != null
        && (of.kind() == CelKind.MAP
            || of.kind() == CelKind.STRUCT
            || of.kind() == CelKind.TYPE_PARAM)) {
      sum = sum.plus(Bound.ONE);
    }
    known.at(e, Paths.below(known.path(select.operand()), select.field()));
    return sum;
  }

  private Bound call(CelExpr e, CelCall call) {
    if (call.function().equals("dyn") && call.args().size() == 1) {
      Bound sum = cost(call.args().getFirst()).plus(Bound.ONE);
      known.same(e, call.args().getFirst());
      return sum;
    }
    List<Operand> args = new ArrayList<>();
    List<Bound> costs = new ArrayList<>();
    Bound ofArgs = Bound.NONE;
    for (CelExpr arg : call.args()) {
      Bound c = cost(arg);
      costs.add(c);
      ofArgs = ofArgs.plus(c);
      args.add(known.operand(arg));
    }
    CelReference reference = ast.getReference(e.id()).orElse(null);
    if (reference == null || reference.overloadIds().isEmpty()) {
      return Bound.NONE;
    }
    Bound sum = Bound.NONE;
    Operand target = null;
    if (call.target().isPresent()) {
      sum = cost(call.target().get());
      target = known.operand(call.target().get());
    }
    Bound whole = new Bound(Bound.ENDLESS, 0);
    Bound size = null;
    for (String overload : reference.overloadIds()) {
      CallCost one = overload(e, call.function(), overload, target, args, costs, ofArgs);
      whole = whole.union(one.cost());
      if (one.size() != null) {
        size = size == null ? one.size() : size.union(one.size());
      }
      if (overload.equals("index_list") || overload.equals("index_map")) {
        CelExpr container = call.args().getFirst();
        KnownSizes.Entries entries = known.entries(container);
        size = entries == null ? null : entries.value();
        String step = overload.equals("index_list") ? Paths.ITEMS : Paths.VALUES;
        known.at(e, Paths.below(known.path(container), step));
      }
      size = size == null ? known.size(e) : size;
    }
    known.sized(e, size);
    return sum.plus(whole);
  }

  private CallCost overload(
      CelExpr e,
      String function,
      String overload,
      @Nullable Operand target,
      List<Operand> args,
      List<Bound> costs,
      Bound ofArgs) {
    CallCost own = library.of(function, overload, target, args);
    if (own != null) {
      return new CallCost(own.cost().plus(ofArgs), own.size());
    }
    switch (overload) {
      case "logical_or", "logical_and" -> {
        // The left side may settle it.
        Bound both = costs.get(0).plus(costs.get(1));
        return CallCost.of(new Bound(costs.get(0).min(), both.max()));
      }
      case "conditional" -> {
        known.entriesOf(e, known.union(e.call().args().get(1), e.call().args().get(2)));
        return new CallCost(
            costs.get(0).plus(costs.get(1).union(costs.get(2))),
            args.get(1).sizeOrUnknown().union(args.get(2).sizeOrUnknown()));
      }
      case "add_list", "add_string", "add_bytes" ->
          known.entriesOf(e, known.union(e.call().args().get(0), e.call().args().get(1)));
      default -> {}
    }
    CallCost standard = StandardCosts.of(overload, target, args);
    return new CallCost(standard.cost().plus(ofArgs), standard.size());
  }

  private Bound list(CelExpr e) {
    Bound sum = Bound.of(LIST);
    Bound item = null;
    for (CelExpr element : e.list().elements()) {
      sum = sum.plus(cost(element));
      Bound size = known.operand(element).sizeOrUnknown();
      item = item == null ? size : item.union(size);
    }
    known.entriesOf(
        e, new KnownSizes.Entries(CelKind.LIST, Bound.ONE, item == null ? Bound.NONE : item));
    return sum;
  }

  private Bound map(CelExpr e) {
    Bound sum = Bound.of(MAP);
    Bound keys = null;
    Bound values = null;
    for (var entry : e.map().entries()) {
      sum = sum.plus(cost(entry.key())).plus(cost(entry.value()));
      Bound key = known.operand(entry.key()).sizeOrUnknown();
      Bound value = known.operand(entry.value()).sizeOrUnknown();
      keys = keys == null ? key : keys.union(key);
      values = values == null ? value : values.union(value);
    }
    known.entriesOf(
        e,
        new KnownSizes.Entries(
            CelKind.MAP, keys == null ? Bound.NONE : keys, values == null ? Bound.NONE : values));
    return sum;
  }

  private Bound comprehension(CelExpr e, CelComprehension loop) {
    Bound sum = cost(loop.iterRange()).plus(cost(loop.accuInit()));
    known.push(loop.accuVar(), loop.accuInit());
    known.pushIterators(loop);
    Bound each = cost(loop.loopCondition()).plus(cost(loop.loopStep()));
    known.popIterators(loop);
    sum = sum.plus(cost(loop.result()));
    known.pop(loop.accuVar());
    Bound count = known.operand(loop.iterRange()).sizeOrUnknown();
    Kind start = loop.accuInit().getKind();
    if (start == Kind.CONSTANT) {
      known.sized(e, known.size(loop.accuInit()));
    } else if (start == Kind.LIST || start == Kind.MAP) {
      known.sized(e, count);
      known.entriesOf(e, known.entries(loop.loopStep()));
    }
    return sum.plus(count.times(each));
  }

  /** A loop over nothing, which only gives a value a name. */
  private static boolean isBinding(CelComprehension loop) {
    CelExpr range = loop.iterRange();
    CelExpr condition = loop.loopCondition();
    return range.getKind() == Kind.LIST
        && range.list().elements().isEmpty()
        && condition.getKind() == Kind.CONSTANT
        && condition.constant().getKind() == CelConstant.Kind.BOOLEAN_VALUE
        && !condition.constant().booleanValue();
  }

  private Bound binding(CelExpr e, CelComprehension loop) {
    Bound sum = cost(loop.iterRange()).plus(cost(loop.accuInit()));
    known.push(loop.accuVar(), loop.accuInit());
    sum = sum.plus(cost(loop.result()));
    known.pop(loop.accuVar());
    known.same(e, loop.result());
    return sum;
  }
}
