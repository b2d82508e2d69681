package dev.coracle.cel.cost;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelComprehension;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import dev.cel.common.types.OptionalType;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a walk knows so far of the sizes of an expression's parts: where in the schema they come
 * from, what was computed for them, and what the names inside of loops stand for.
 */
final class KnownSizes {

  /** Of the keys (or indices) and the values inside of a list or map. */
  record Entries(CelKind container, Bound key, Bound value) {}

  private record Local(List<String> path, @Nullable Bound size, @Nullable Entries entries) {}

  private final CelAbstractSyntaxTree ast;
  private final @Nullable Sizes sizes;
  private final Map<Long, List<String>> paths = new HashMap<>();
  private final Map<Long, Bound> computed = new HashMap<>();
  private final Map<Long, Entries> entries = new HashMap<>();
  private final Map<String, Deque<Local>> locals = new HashMap<>();

  KnownSizes(CelAbstractSyntaxTree ast, @Nullable Sizes sizes) {
    this.ast = ast;
    this.sizes = sizes;
  }

  /** Notes what a name stands for. */
  void named(CelExpr ident) {
    Local local = local(ident.ident().name());
    at(ident, local == null ? List.of(ident.ident().name()) : local.path);
  }

  void at(CelExpr e, List<String> path) {
    paths.put(e.id(), path);
  }

  void sized(CelExpr e, @Nullable Bound size) {
    if (size != null) {
      computed.put(e.id(), size);
    }
  }

  void entriesOf(CelExpr e, @Nullable Entries found) {
    if (found != null) {
      entries.put(e.id(), found);
    }
  }

  /** One expression is as large as another. */
  void same(CelExpr e, CelExpr as) {
    sized(e, size(as));
    entriesOf(e, entries(as));
  }

  List<String> path(CelExpr e) {
    if (e.getKind() == CelExpr.ExprKind.Kind.IDENT) {
      Local local = local(e.ident().name());
      if (local != null) {
        return local.path;
      }
    }
    return paths.getOrDefault(e.id(), List.of());
  }

  Operand operand(CelExpr e) {
    return new Operand(path(e), type(e), e, size(e));
  }

  @Nullable Bound size(CelExpr e) {
    Bound size = computed.get(e.id());
    size = size == null ? literal(e) : size;
    if (size != null) {
      return size;
    }
    List<String> path = path(e);
    size = path.isEmpty() || sizes == null ? null : sizes.at(path);
    if (size != null) {
      computed.put(e.id(), size);
      return size;
    }
    if (isScalar(type(e))) {
      return Bound.ONE;
    }
    Local local = e.getKind() == CelExpr.ExprKind.Kind.IDENT ? local(e.ident().name()) : null;
    return local == null ? null : local.size;
  }

  @Nullable Entries entries(CelExpr e) {
    Entries found = entries.get(e.id());
    Local local =
        found == null && e.getKind() == CelExpr.ExprKind.Kind.IDENT
            ? local(e.ident().name())
            : null;
    return local == null ? found : local.entries;
  }

  @Nullable Entries union(CelExpr a, CelExpr b) {
    Entries x = entries(a);
    Entries y = entries(b);
    return x == null || y == null
        ? null
        : new Entries(x.container, x.key.union(y.key), x.value.union(y.value));
  }

  void push(String name, CelExpr value) {
    push(name, new Local(path(value), size(value), entries(value)));
  }

  void pushIterators(CelComprehension loop) {
    CelExpr range = loop.iterRange();
    Entries inside = entries(range);
    CelType type = type(range);
    CelKind container =
        inside != null ? inside.container : type == null ? CelKind.DYN : type.kind();
    boolean list = container == CelKind.LIST;
    Bound key = inside == null ? null : inside.key;
    Bound value = inside == null ? null : inside.value;
    List<String> path = path(range);
    if (loop.iterVar2().isEmpty()) {
      String step = list ? Paths.ITEMS : Paths.KEYS;
      push(loop.iterVar(), new Local(Paths.below(path, step), list ? value : key, null));
      return;
    }
    String first = list ? Paths.INDICES : Paths.KEYS;
    String second = list ? Paths.ITEMS : Paths.VALUES;
    push(loop.iterVar(), new Local(Paths.below(path, first), key, null));
    push(loop.iterVar2(), new Local(Paths.below(path, second), value, null));
  }

  void popIterators(CelComprehension loop) {
    pop(loop.iterVar());
    if (!loop.iterVar2().isEmpty()) {
      pop(loop.iterVar2());
    }
  }

  void pop(String name) {
    Deque<Local> stack = locals.get(name);
    if (stack != null) {
      stack.pop();
    }
  }

  private void push(String name, Local local) {
    locals.computeIfAbsent(name, _ -> new ArrayDeque<>()).push(local);
  }

  private @Nullable Local local(String name) {
    Deque<Local> stack = locals.get(name);
    return stack == null ? null : stack.peek();
  }

  private @Nullable CelType type(CelExpr e) {
    return ast.getType(e.id()).orElse(null);
  }

  private static @Nullable Bound literal(CelExpr e) {
    return switch (e.getKind()) {
      case CONSTANT -> constant(e.constant());
      case LIST -> Bound.of(e.list().elements().size());
      case MAP -> Bound.of(e.map().entries().size());
      case SELECT -> e.select().testOnly() ? Bound.ONE : null;
      case NOT_SET, IDENT, CALL, STRUCT, COMPREHENSION -> null;
    };
  }

  private static Bound constant(CelConstant constant) {
    return switch (constant.getKind()) {
      case STRING_VALUE ->
          Bound.of(constant.stringValue().codePointCount(0, constant.stringValue().length()));
      case BYTES_VALUE -> Bound.of(constant.bytesValue().size());
      default -> Bound.ONE;
    };
  }

  private static boolean isScalar(@Nullable CelType type) {
    if (type == null) {
      return false;
    }
    return switch (type.kind()) {
      case BOOL, DOUBLE, DURATION, INT, TIMESTAMP, TYPE, UINT -> true;
      case OPAQUE -> type instanceof OptionalType && isScalar(type.parameters().getFirst());
      default -> false;
    };
  }
}
