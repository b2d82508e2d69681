package dev.coracle.cel;

import com.google.common.collect.ImmutableList;
import dev.cel.common.CelIssue;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.TypeParamType;
import dev.cel.parser.CelMacro;
import dev.cel.parser.CelMacroExprFactory;
import dev.cel.parser.CelStandardMacro;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * {@code list.sortBy(x, key)}: a macro that maps the list to keys, and a function that sorts by
 * them. The engine's own takes a list of texts for one of lists.
 */
final class SortLibrary {

  private static final String BY_KEYS = "@sortByAssociatedKeys";
  private static final String INPUT = "@__sortBy_input__";

  static final CelMacro SORT_BY =
      CelMacro.newReceiverMacro("sortBy", 2, (factory, list, args) -> expand(factory, list, args));

  private SortLibrary() {}

  static void addTo(Libraries libraries) {
    CelType list = ListType.create(TypeParamType.create("T"));
    for (CelType t : ListLibrary.ORDERED) {
      libraries.member(
          BY_KEYS,
          "list_" + t.name().replace('.', '_') + "_sortByAssociatedKeys",
          list,
          list,
          ListType.create(t),
          List.class,
          List.class,
          SortLibrary::sort);
    }
  }

  private static Optional<CelExpr> expand(
      CelMacroExprFactory factory, CelExpr list, List<CelExpr> args) {
    if (args.getFirst().getKind() != CelExpr.ExprKind.Kind.IDENT) {
      return Optional.of(
          factory.reportError(
              CelIssue.formatError(
                  factory.getSourceLocation(args.getFirst()),
                  "sortBy can only be applied to a variable and a key expression")));
    }
    Optional<CelExpr> keys =
        CelStandardMacro.MAP
            .getDefinition()
            .getExpander()
            .expandMacro(factory, factory.newIdentifier(INPUT), ImmutableList.copyOf(args));
    return keys.map(mapped ->
        factory.fold(
            "#unused",
            factory.newList(),
            INPUT,
            list,
            factory.newBoolLiteral(false),
            factory.newIdentifier(INPUT),
            factory.newReceiverCall(BY_KEYS, factory.newIdentifier(INPUT), List.of(mapped))));
  }

  private static List<Object> sort(List<?> list, List<?> keys) {
    if (list.size() != keys.size()) {
      throw new CelFailure(
          "@sortByAssociatedKeys() expected a list of the same size as the associated keys list,"
              + " but got "
              + list.size()
              + " and "
              + keys.size()
              + " elements respectively",
          false);
    }
    Comparator<Integer> byKey = (a, b) -> ListLibrary.compare(keys.get(a), keys.get(b));
    return new ArrayList<>(
        IntStream.range(0, list.size()).boxed().sorted(byKey).<Object>map(list::get).toList());
  }
}
