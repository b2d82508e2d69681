package dev.coracle.apiserver.internal.table;

import dev.coracle.api.KubeObject;
import java.util.Comparator;
import java.util.List;

/** FlowSchemas, in the order in which a request is held against them. */
final class FlowSchemaPrinter implements Printer {

  private static final List<Column> COLUMNS =
      List.of(
          Column.NAME,
          Column.of("PriorityLevel"),
          Column.of("MatchingPrecedence"),
          Column.of("DistinguisherMethod"),
          Column.AGE,
          Column.of("MissingPL"));

  private static final Comparator<KubeObject> MATCHING =
      Comparator.<KubeObject>comparingLong(o -> Cells.count(o, "spec", "matchingPrecedence"))
          .thenComparing(KubeObject::name);

  @Override
  public List<Column> columns() {
    return COLUMNS;
  }

  @Override
  public List<Object> cells(KubeObject o, Ages ages) {
    return List.of(
        o.name(),
        o.text("spec", "priorityLevelConfiguration", "name"),
        Cells.count(o, "spec", "matchingPrecedence"),
        Cells.orNone(o.text("spec", "distinguisherMethod", "type")),
        ages.of(o),
        Cells.condition(o, "Dangling").path("status").asText("?"));
  }

  @Override
  public List<KubeObject> inOrder(List<KubeObject> objects) {
    return objects.stream().sorted(MATCHING).toList();
  }
}
