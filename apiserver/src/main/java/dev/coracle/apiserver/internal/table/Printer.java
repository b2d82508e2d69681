package dev.coracle.apiserver.internal.table;

import dev.coracle.api.KubeObject;
import java.util.List;

/** How the objects of one kind look in a table. */
interface Printer {

  List<Column> columns();

  /** One cell for every column: text, number, boolean or a JSON node. */
  List<Object> cells(KubeObject object, Ages ages);

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
