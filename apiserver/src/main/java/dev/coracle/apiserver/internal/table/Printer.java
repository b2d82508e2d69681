package dev.coracle.apiserver.internal.table;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import java.util.List;
import java.util.Optional;

/** How the objects of one kind look in a table. */
interface Printer {

  List<Column> columns();

  /** One cell for every column: text, number, boolean or a JSON node. */
  List<Object> cells(KubeObject object, Ages ages);

  /** What the row says of the object besides its cells, as a TableRowCondition; mostly nothing. */
  default Optional<ObjectNode> condition(KubeObject object) {
    return Optional.empty();
  }

  /** The objects of a list as its rows follow each other. */
  default List<KubeObject> inOrder(List<KubeObject> objects) {
    return objects;
  }

  /** Makes a printer of its two parts. */
  static Printer of(
      List<Column> columns, java.util.function.BiFunction<KubeObject, Ages, List<Object>> cells) {
    return new Printer() {
      @Override
      public List<Column> columns() {
        return columns;
      }

      @Override
      public List<Object> cells(KubeObject object, Ages ages) {
        return cells.apply(object, ages);
      }
    };
  }
}
