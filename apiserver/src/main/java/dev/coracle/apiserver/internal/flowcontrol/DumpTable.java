package dev.coracle.apiserver.internal.flowcontrol;

import java.util.List;

/** Rows in columns as wide as their widest cell, with commas between: it is read as CSV too. */
final class DumpTable {

  private static final int NARROWEST = 8;

  private DumpTable() {}

  static String of(List<List<String>> rows) {
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], Math.max(NARROWEST, row.get(i).length() + 2));
      }
    }
    StringBuilder out = new StringBuilder();
    for (List<String> row : rows) {
      for (int i = 0; i < columns - 1; i++) {
        out.append(row.get(i)).append(',');
        out.repeat(' ', widths[i] - row.get(i).length() - 1);
      }
      out.append(row.getLast()).append('\n');
    }
    return out.toString();
  }
}
