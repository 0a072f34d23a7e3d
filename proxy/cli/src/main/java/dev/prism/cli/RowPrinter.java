package dev.prism.cli;

import com.google.gson.stream.JsonWriter;
import com.google.protobuf.ByteString;
import dev.prism.reader.v1.Page;
import dev.prism.reader.v1.Row;
import dev.prism.type.v1.Value;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Prints rows page by page, as they come. */
sealed interface RowPrinter {
  /** What is printed of a page. */
  String text(Page page);

  /** For programs: a JSON object a line, with every column of the page. */
  final class Lines implements RowPrinter {
    @Override
    public String text(Page page) {
      StringWriter text = new StringWriter();
      try {
        for (Row row : page.getRowsList()) {
          JsonWriter json = new JsonWriter(text);
          json.setHtmlSafe(false);
          json.beginObject();
          for (int i = 0; i < page.getColumnsCount(); i++) {
            json.name(page.getColumns(i));
            ValueText.json(json, row.getValues(i));
          }
          json.endObject();
          text.write('\n');
        }
      } catch (IOException e) {
        throw new UncheckedIOException("a text cannot fail to be written", e);
      }
      return text.toString();
    }
  }

  /**
   * For people: columns under headings. A cell has at most {@value #MOST_WIDTH} characters. Columns
   * are as wide as the widest cell so far: what is to come is not waited for.
   */
  final class Grid implements RowPrinter {
    private static final int MOST_WIDTH = 40;
    private static final String GAP = "  ";

    private List<String> columns = List.of();
    private int[] widths = {};
    private boolean[] numeric = {};

    @Override
    public String text(Page page) {
      List<List<String>> lines = new ArrayList<>();
      if (!page.getColumnsList().equals(columns)) {
        columns = List.copyOf(page.getColumnsList());
        widths = new int[columns.size()];
        numeric = new boolean[columns.size()];
        for (int i = 0; i < numeric.length; i++) {
          numeric[i] = isNumeric(page.getRowsList(), i);
        }
        lines.add(columns.stream().map(Grid::cell).toList());
      }
      for (Row row : page.getRowsList()) {
        lines.add(row.getValuesList().stream().map(value -> cell(ValueText.plain(value))).toList());
      }
      for (List<String> line : lines) {
        for (int i = 0; i < widths.length; i++) {
          widths[i] = Math.max(widths[i], width(line.get(i)));
        }
      }
      StringBuilder text = new StringBuilder();
      lines.forEach(line -> text.append(aligned(line)).append('\n'));
      return text.toString();
    }

    private static boolean isNumeric(List<Row> rows, int column) {
      boolean some = false;
      for (Row row : rows) {
        Value value = row.getValues(column);
        if (!value.hasNullValue()) {
          if (!value.hasInt64Value() && !value.hasDoubleValue() && !value.hasDecimalValue()) {
            return false;
          }
          some = true;
        }
      }
      return some;
    }

    /** On one line, and no wider than a cell may be. */
    private static String cell(String text) {
      int most = text.offsetByCodePoints(0, Math.min(width(text), 4 * MOST_WIDTH));
      String line = KvScan.printable(ByteString.copyFromUtf8(text.substring(0, most)));
      return width(line) <= MOST_WIDTH
          ? line
          : line.substring(0, line.offsetByCodePoints(0, MOST_WIDTH - 1)) + "…";
    }

    private static int width(String text) {
      return text.codePointCount(0, text.length());
    }

    private String aligned(List<String> line) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String padding = " ".repeat(widths[i] - width(line.get(i)));
        text.append(numeric[i] ? padding + line.get(i) : line.get(i) + padding).append(GAP);
      }
      return text.toString().stripTrailing();
    }
  }
}
