package dev.coracle.cel.cost;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The functions of CEL itself, by their overloads. */
final class StandardCosts {

  private StandardCosts() {}

  static CallCost of(String overload, @Nullable Operand target, List<Operand> args) {
    return switch (overload) {
      case "string_format" -> target == null ? CallCost.NOMINAL : format(target);
      case "string_to_bytes" -> {
        Bound size = args.getFirst().sizeOrUnknown();
        yield converted(size, new Bound(size.min(), Bound.times(size.max(), 4)));
      }
      case "bytes_to_string" -> {
        Bound size = args.getFirst().sizeOrUnknown();
        yield converted(size, new Bound(size.min() / 4, size.max()));
      }
      case "strings_quote" -> {
        Bound size = args.getFirst().sizeOrUnknown();
        yield converted(size, size.times(new Bound(1, 2)).plus(Bound.of(2)));
      }
      case "starts_with_string", "ends_with_string" ->
          CallCost.traversal(args.getFirst().sizeOrUnknown());
      case "in_list" -> CallCost.of(args.get(1).sizeOrUnknown());
      case "matches_string" -> target == null ? CallCost.NOMINAL : matches(target, args.getFirst());
      case "matches" -> matches(args.get(0), args.get(1));
      case "contains_string" ->
          target == null
              ? CallCost.NOMINAL
              : CallCost.of(
                  target
                      .sizeOrUnknown()
                      .times(CallCost.CHARACTER)
                      .times(args.getFirst().sizeOrUnknown().times(CallCost.CHARACTER)));
      case "add_list" -> new CallCost(Bound.ONE, both(args));
      case "add_string", "add_bytes" ->
          new CallCost(both(args).times(CallCost.CHARACTER), both(args));
      case "less_string",
          "greater_string",
          "less_equals_string",
          "greater_equals_string",
          "less_bytes",
          "greater_bytes",
          "less_equals_bytes",
          "greater_equals_bytes",
          "equals",
          "not_equals" ->
          compared(args.get(0).sizeOrUnknown(), args.get(1).sizeOrUnknown());
      default -> CallCost.NOMINAL;
    };
  }

  private static Bound both(List<Operand> args) {
    return args.get(0).sizeOrUnknown().plus(args.get(1).sizeOrUnknown());
  }

  private static CallCost format(Operand target) {
    return CallCost.traversal(target.sizeOrUnknown());
  }

  private static CallCost converted(Bound from, Bound to) {
    return new CallCost(from.times(CallCost.CHARACTER), to);
  }

  /** Of an empty text a regular expression costs something too. */
  static CallCost matches(Operand text, Operand regex) {
    return CallCost.of(
        text.sizeOrUnknown()
            .plus(Bound.ONE)
            .times(CallCost.CHARACTER)
            .times(regex.sizeOrUnknown().times(CallCost.REGEX_CHARACTER)));
  }

  /** It ends with the shorter of both. */
  private static CallCost compared(Bound left, Bound right) {
    long most = Math.min(left.max(), right.max());
    return CallCost.traversal(new Bound(most > 0 ? 1 : 0, most));
  }
}
