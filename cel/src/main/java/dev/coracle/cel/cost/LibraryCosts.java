package dev.coracle.cel.cost;

import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.OptionalType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Kubernetes' own functions, and those of strings, by their names. */
final class LibraryCosts {

  /** Two questions to the authorizer fit into the budget of an expression. */
  private static final CallCost CHECK = CallCost.of(Bound.of(350_000));

  /** An address is 4 or 16 bytes. */
  private static final Bound ADDRESS = new Bound(4, 16);

  private static final int FORMAT_REGEX = 128;
  private static final int LONGEST_FORMAT = 64;

  private final @Nullable Sizes sizes;

  LibraryCosts(@Nullable Sizes sizes) {
    this.sizes = sizes;
  }

  /** Null for a function that is none of these. */
  @Nullable CallCost of(
      String function, String overload, @Nullable Operand target, List<Operand> args) {
    return switch (function) {
      case "check" -> CHECK;
      case "serviceAccount",
          "path",
          "group",
          "resource",
          "subresource",
          "namespace",
          "name",
          "fieldSelector",
          "labelSelector",
          "allowed",
          "reason",
          "error",
          "errored",
          "masked",
          "prefixLength",
          "family",
          "isUnspecified",
          "isLoopback",
          "isLinkLocalMulticast",
          "isLinkLocalUnicast",
          "isGlobalUnicast",
          "sign",
          "asInteger",
          "isInteger",
          "asApproximateFloat",
          "isGreaterThan",
          "isLessThan",
          "compareTo",
          "add",
          "sub",
          "major",
          "minor",
          "patch" ->
          CallCost.NOMINAL;
      case "isSorted", "sum", "max", "min", "indexOf", "lastIndexOf" ->
          target == null ? null : each(target);
      case "url" -> {
        Bound size = args.getFirst().sizeOrUnknown();
        yield new CallCost(size.times(CallCost.CHARACTER), size);
      }
      case "cidr", "isIP", "isCIDR", "quantity", "isQuantity", "semver", "isSemver" ->
          CallCost.traversal(args.getFirst().sizeOrUnknown());
      case "ip" ->
          target != null ? CallCost.NOMINAL : CallCost.traversal(args.getFirst().sizeOrUnknown());
      case "ip.isCanonical" ->
          CallCost.of(args.getFirst().sizeOrUnknown().times(2 * CallCost.CHARACTER));
      case "sets.contains", "sets.intersects" -> sets(1, args);
      case "sets.equivalent" -> sets(2, args);
      case "_==_" -> same(args);
      case "lowerAscii", "upperAscii", "substring", "trim", "jsonpatch.escapeKey" -> {
        Operand text = target == null ? args.getFirst() : target;
        Bound size = text.sizeOrUnknown();
        yield new CallCost(size.times(CallCost.CHARACTER), size);
      }
      case "replace" -> target == null || args.size() < 2 ? null : replace(target, args);
      case "split" -> target == null ? null : split(target, args);
      case "join" -> target == null ? null : join(target, args);
      case "find", "findAll" ->
          target == null
              ? null
              : new CallCost(
                  StandardCosts.matches(target, args.getFirst()).cost(),
                  new Bound(0, target.sizeOrUnknown().max()));
      case "validate" -> target == null ? null : validate(args);
      case "containsIP", "containsCIDR" ->
          target == null ? null : contains(function.equals("containsCIDR"), overload, args);
      default -> ListCosts.of(function, overload, target, args);
    };
  }

  private static CallCost sets(double factor, List<Operand> args) {
    Bound pairs = args.get(0).sizeOrUnknown().times(args.get(1).sizeOrUnknown());
    return CallCost.of(pairs.times(factor).plus(Bound.ONE));
  }

  /** Null but for Kubernetes' own types, which are compared at once, or as what they were. */
  private static @Nullable CallCost same(List<Operand> args) {
    CelType type = args.get(0).type();
    if (!(type instanceof OpaqueType)
        || type instanceof OptionalType
        || !type.equals(args.get(1).type())) {
      return null;
    }
    return switch (type.name()) {
      case "kubernetes.URL" -> {
        Bound size = args.get(1).size();
        yield CallCost.traversal(new Bound(1, size == null ? 1 : size.max()));
      }
      case "kubernetes.NamedFormat" -> CallCost.traversal(new Bound(1, LONGEST_FORMAT));
      default -> CallCost.NOMINAL;
    };
  }

  /** Every item of a list is looked at, and every character of those that are texts. */
  private CallCost each(Operand target) {
    Operand item = item(target);
    if (item == null) {
      return CallCost.traversal(target.sizeOrUnknown());
    }
    Bound cost = Bound.ONE;
    CelType type = item.type();
    if (type != null && (type.kind() == CelKind.STRING || type.kind() == CelKind.BYTES)) {
      cost = cost.plus(item.sizeOrUnknown().times(CallCost.CHARACTER));
    }
    return CallCost.of(target.sizeOrUnknown().times(cost));
  }

  private @Nullable Operand item(Operand list) {
    CelType type = list.type();
    if (type == null || type.parameters().isEmpty()) {
      return null;
    }
    List<String> path = list.path().isEmpty() ? List.of() : Paths.below(list.path(), Paths.ITEMS);
    Bound size = path.isEmpty() || sizes == null ? null : sizes.at(path);
    return new Operand(path, type.parameters().getFirst(), null, size);
  }

  private static CallCost replace(Operand target, List<Operand> args) {
    Bound text = target.sizeOrUnknown();
    Bound from = args.get(0).sizeOrUnknown();
    Bound to = args.get(1).sizeOrUnknown();
    long most;
    if (from.min() == 0) {
      // Nothing is found between any two characters.
      most = Bound.plus(Bound.times(Bound.plus(text.max(), 1), to.max()), text.max());
    } else if (to.max() <= from.min()) {
      most = text.max();
    } else {
      most = Bound.times(ceil(text.max(), from.min()), to.max());
    }
    long least;
    if (from.max() == 0) {
      least = Bound.plus(Bound.times(Bound.plus(text.min(), 1), to.min()), text.min());
    } else if (from.max() <= to.min()) {
      least = text.min();
    } else {
      least = Bound.times(ceil(text.min(), from.max()), to.min());
    }
    return new CallCost(text.times(2 * CallCost.CHARACTER), new Bound(least, most));
  }

  private static long ceil(long a, long b) {
    return a / b + (a % b == 0 ? 0 : 1);
  }

  /** At worst every character becomes an item, unless the call says how many there may be. */
  private static CallCost split(Operand target, List<Operand> args) {
    Bound text = target.sizeOrUnknown();
    long most = text.max();
    CelExpr limit = args.size() > 1 ? args.get(1).expr() : null;
    if (limit != null
        && limit.getKind() == CelExpr.ExprKind.Kind.CONSTANT
        && limit.constant().getKind() == CelConstant.Kind.INT64_VALUE
        && limit.constant().int64Value() >= 0) {
      most = limit.constant().int64Value();
    }
    return new CallCost(text.times(2 * CallCost.CHARACTER), new Bound(0, most));
  }

  private CallCost join(Operand target, List<Operand> args) {
    Bound items = target.sizeOrUnknown();
    Operand item = item(target);
    Bound size = item == null ? Bound.NONE : items.times(item.sizeOrUnknown());
    if (!args.isEmpty()) {
      Bound between = new Bound(Math.max(0, items.min() - 1), Math.max(0, items.max() - 1));
      size = size.plus(args.getFirst().sizeOrUnknown().times(between));
    }
    return new CallCost(size.times(CallCost.CHARACTER), size);
  }

  /** As if every format had a regular expression of this length. */
  private static CallCost validate(List<Operand> args) {
    return CallCost.of(
        args.getFirst()
            .sizeOrUnknown()
            .times(CallCost.CHARACTER)
            .times(FORMAT_REGEX * CallCost.REGEX_CHARACTER));
  }

  private static CallCost contains(boolean network, String overload, List<Operand> args) {
    Bound cost = ADDRESS.plus(ADDRESS).times(CallCost.CHARACTER);
    if (network) {
      cost = cost.plus(ADDRESS.times(CallCost.CHARACTER)).plus(Bound.ONE);
    }
    if (overload.endsWith("_string")) {
      cost = cost.plus(args.getFirst().sizeOrUnknown().times(CallCost.CHARACTER));
    }
    return CallCost.of(cost);
  }
}
