package dev.prism.proxy.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Metrics by name, each as its type and labels: {@code counter [instance]}. */
public final class MetricTables {
  private static final Pattern ROW = Pattern.compile("\\| `(\\w+)` \\| (\\w+) \\|([^|]*)\\|.*");
  private static final Pattern TYPE = Pattern.compile("# TYPE (\\w+) (\\w+)");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"");

  private MetricTables() {}

  /** Those of a page in the Prometheus text format, with the labels of their first samples. */
  public static Map<String, String> exposed(String page) {
    Map<String, String> found = new TreeMap<>();
    String name = "";
    String type = "";
    for (String line : page.lines().toList()) {
      Matcher header = TYPE.matcher(line);
      if (header.matches()) {
        name = header.group(1);
        type = header.group(2);
        found.put(name, type + " []");
      } else if (!line.startsWith("#") && !name.isEmpty() && line.startsWith(name)) {
        TreeSet<String> labels = new TreeSet<>();
        int end = line.indexOf('}');
        Matcher label = LABEL.matcher(end < 0 ? "" : line.substring(0, end));
        while (label.find()) {
          labels.add(label.group(1));
        }
        labels.remove("le");
        found.put(name, type + " " + labels);
        name = "";
      }
    }
    return found;
  }

  /** Those of the section Proxy of docs/metrics.md. */
  public static Map<String, String> documented() throws IOException {
    String page = Files.readString(Path.of(System.getProperty("prism.home"), "docs", "metrics.md"));
    String section = page.split("\n## Proxy\n", 2)[1].split("\n## ", 2)[0];
    Map<String, String> rows = new TreeMap<>();
    for (String line : section.lines().toList()) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        TreeSet<String> labels = new TreeSet<>();
        Matcher label = Pattern.compile("`(\\w+)`").matcher(row.group(3));
        while (label.find()) {
          labels.add(label.group(1));
        }
        rows.put(row.group(1), row.group(2) + " " + labels);
      }
    }
    return rows;
  }
}
