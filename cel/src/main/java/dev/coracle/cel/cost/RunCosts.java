package dev.coracle.cel.cost;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelCall;
import dev.cel.common.ast.CelReference;
import dev.cel.common.navigation.CelNavigableAst;
import dev.cel.common.types.CelType;
import dev.cel.common.values.CelByteString;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What the parts of one expression cost while it is evaluated, by the sizes their values have then:
 * in the units, and with the tables, that estimates are made with. Immutable.
 */
public final class RunCosts {

  /** What stands for a call: its cost is only known with its arguments. */
  private static final int OF_CALL = -1;

  private static final int NOWHERE = -1;
  private static final LibraryCosts LIBRARY = new LibraryCosts(null);

  /**
   * A call whose cost is that of its arguments' sizes.
   *
   * @param slots where the values of the arguments are, that of the receiver first
   */
  private record Call(
      String function,
      String overload,
      boolean member,
      List<@Nullable CelType> types,
      List<CelExpr> exprs,
      int[] slots) {}

  private final int[] flat;
  private final int[] slots;
  private final @Nullable Call[] calls;
  private final String[] called;
  private final int values;

  private RunCosts(int[] flat, int[] slots, @Nullable Call[] calls, String[] called, int values) {
    this.flat = flat;
    this.slots = slots;
    this.calls = calls;
    this.called = called;
    this.values = values;
  }

  public static RunCosts of(CelAbstractSyntaxTree ast) {
    List<CelExpr> all =
        CelNavigableAst.fromAst(ast).getRoot().allNodes().map(n -> n.expr()).toList();
    int ids = 1 + (int) all.stream().mapToLong(CelExpr::id).max().orElse(0);
    int[] flat = new int[ids];
    int[] slots = new int[ids];
    Arrays.fill(slots, NOWHERE);
    @Nullable Call[] calls = new Call[ids];
    String[] called = new String[ids];
    Arrays.fill(called, "");
    int values = 0;
    for (CelExpr e : all) {
      int id = (int) e.id();
      flat[id] = flat(e);
      if (e.getKind() == CelExpr.ExprKind.Kind.CALL) {
        e.call().args().forEach(a -> called[(int) a.id()] = e.call().function());
        if (e.call().args().isEmpty()) {
          e.call().target().ifPresent(t -> called[(int) t.id()] = e.call().function());
        }
      }
      if (flat[id] != OF_CALL) {
        continue;
      }
      CelCall call = e.call();
      List<CelExpr> args = new ArrayList<>();
      call.target().ifPresent(args::add);
      args.addAll(call.args());
      for (CelExpr arg : args) {
        if (slots[(int) arg.id()] == NOWHERE) {
          slots[(int) arg.id()] = values++;
        }
      }
      CelReference reference = ast.getReference(e.id()).orElse(null);
      calls[id] =
          new Call(
              call.function(),
              reference == null || reference.overloadIds().isEmpty()
                  ? ""
                  : reference.overloadIds().get(0),
              call.target().isPresent(),
              args.stream().<@Nullable CelType>map(a -> ast.getType(a.id()).orElse(null)).toList(),
              args,
              args.stream().mapToInt(a -> slots[(int) a.id()]).toArray());
    }
    return new RunCosts(flat, slots, calls, called, values);
  }

  private static int flat(CelExpr e) {
    return switch (e.getKind()) {
      case CONSTANT, NOT_SET, COMPREHENSION -> 0;
      case IDENT -> 1;
      case SELECT -> e.select().testOnly() ? 0 : 1;
      case LIST -> (int) CostEstimate.LIST;
      case MAP -> (int) CostEstimate.MAP;
      case STRUCT -> (int) CostEstimate.STRUCT;
      case CALL ->
          switch (e.call().function()) {
            // The sides that are looked at cost something, the choice does not.
            // Nor does a test for a field.
            case "_&&_", "_||_", "_?_:_", "@has" -> 0;
            case "@not_strictly_false", "_[_]", "size", "!_", "-_", "_-_", "_*_", "_/_", "_%_" -> 1;
            default -> OF_CALL;
          };
    };
  }

  /** One evaluation; confined to its thread. */
  public final class Meter {

    private final @Nullable Object[] seen = new Object[values];
    private final LongConsumer spend;
    private String next = "";
    private @Nullable Object last;

    private Meter(LongConsumer spend) {
      this.spend = spend;
    }

    /** The function whose last argument was evaluated last; empty where there is none. */
    public String called() {
      return next;
    }

    /** What was evaluated last. */
    public @Nullable Object last() {
      return last;
    }

    /** A part has been evaluated. */
    public void saw(CelExpr e, Object value) {
      int id = (int) e.id();
      last = value;
      if (id >= flat.length) {
        next = "";
        spend.accept(1);
        return;
      }
      next = called[id];
      int slot = slots[id];
      if (slot != NOWHERE) {
        seen[slot] = value;
      }
      Call call = calls[id];
      long cost = call == null ? flat[id] : cost(call, value);
      if (cost != 0) {
        spend.accept(cost);
      }
    }

    private long cost(Call call, Object result) {
      @Nullable Object[] args = new Object[call.slots.length];
      for (int i = 0; i < args.length; i++) {
        args[i] = seen[call.slots[i]];
      }
      return args.length == 0 ? 1 : RunCosts.cost(call, args, result);
    }
  }

  /**
   * @param spend told of every cost; may throw to end the evaluation
   */
  public Meter meter(LongConsumer spend) {
    return new Meter(spend);
  }

  private static long cost(Call call, @Nullable Object[] args, Object result) {
    switch (call.function) {
      case "isSorted", "sum", "max", "min", "indexOf", "lastIndexOf" -> {
        return traversal(args[0]);
      }
      case "join" -> {
        return scaled(2 * CallCost.CHARACTER, size(result));
      }
      case "lists.range", "slice" -> {
        return ListCosts.MADE.max() + size(result);
      }
      case "flatten" -> {
        long depth = args.length > 1 && args[1] instanceof Long d ? Math.max(0, d) : 1;
        return Bound.plus(ListCosts.MADE.max(), Bound.times(depth, size(args[0])));
      }
      default -> {}
    }
    List<Operand> operands = new ArrayList<>(args.length);
    for (int i = 0; i < args.length; i++) {
      operands.add(
          new Operand(List.of(), call.types.get(i), call.exprs.get(i), Bound.of(size(args[i]))));
    }
    Operand target = call.member ? operands.getFirst() : null;
    List<Operand> rest = call.member ? operands.subList(1, operands.size()) : operands;
    CallCost own = LIBRARY.of(call.function, call.overload, target, rest);
    if (own == null) {
      own = StandardCosts.of(overload(call, args), target, rest);
    }
    return own.cost().max();
  }

  /** Which overload it is of those that untyped arguments leave open. */
  private static String overload(Call call, @Nullable Object[] args) {
    Object first = args[0];
    boolean text = first instanceof String;
    boolean bytes = first instanceof CelByteString;
    return switch (call.function) {
      case "_==_" -> "equals";
      case "_!=_" -> "not_equals";
      case "_+_" -> text ? "add_string" : bytes ? "add_bytes" : "add_int64";
      case "_<_", "_<=_", "_>_", "_>=_" -> text || bytes ? "less_string" : "less_int64";
      case "@in" -> args.length > 1 && args[1] instanceof List ? "in_list" : "in_map";
      case "string" -> bytes ? "bytes_to_string" : "";
      case "bytes" -> text ? "string_to_bytes" : "";
      default -> call.overload;
    };
  }

  private static long traversal(@Nullable Object value) {
    return switch (value) {
      case String s -> (long) (s.length() * CallCost.CHARACTER);
      case CelByteString b -> (long) (b.size() * CallCost.CHARACTER);
      case List<?> list -> {
        long sum = 0;
        for (Object o : list) {
          sum += traversal(o);
        }
        yield sum;
      }
      case null, default -> 1;
    };
  }

  private static long scaled(double factor, long size) {
    return (long) Math.ceil(size * factor);
  }

  private static long size(@Nullable Object value) {
    return switch (value) {
      case String s -> s.codePointCount(0, s.length());
      case List<?> l -> l.size();
      case Map<?, ?> m -> m.size();
      case CelByteString b -> b.size();
      case Optional<?> o when o.isPresent() -> size(o.get());
      case null, default -> 1;
    };
  }
}
