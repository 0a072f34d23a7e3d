package dev.prism.perf.report;

import java.io.PrintStream;
import java.util.List;

/** Rows for a terminal, each column as wide as it has to be. */
public final class TextTable {
  private TextTable() {}

  /**
   * Prints rows.
   *
   * @param rows of as many cells each; the first is the head
   * @param numbers whether all columns but the first are flush right
   */
  public static void print(List<List<String>> rows, boolean numbers, PrintStream to) {
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < columns; i++) {
        String padding = " ".repeat(widths[i] - row.get(i).length());
        boolean right = numbers && i > 0;
        line.append("  ").append(right ? padding + row.get(i) : row.get(i) + padding);
      }
      to.println(line.toString().stripTrailing());
    }
  }
}
