package dev.prism.sdk.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class PluginMetricsTest {
  private static final Pattern ROW =
      Pattern.compile("\\| `([a-z_]+)` \\| ([a-z]+) \\| ([^|]*)\\|.*");
  private static final Pattern TYPE = Pattern.compile("# TYPE (\\S+) (\\S+)");
  private static final Pattern SAMPLE = Pattern.compile("([a-z_]+)(?:\\{(.*)})? \\S+");
  private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"");

  private static PluginMetrics used() {
    PluginMetrics metrics = new PluginMetrics();
    metrics.info("n", "v", "t");
    metrics.queueDepth(Map.of("read", () -> 1));
    PluginMetrics.Call read = metrics.call("read");
    read.backend().observe(1);
    read.batches().observe(1);
    PluginMetrics.Operation get = metrics.operation("Get");
    get.processing().observe(1);
    get.overhead().observe(1);
    metrics.answered(get, "KEY_INVALID", "default");
    metrics.messages(PluginMetrics.Messages.PUBLISHED, "default", 1);
    metrics.events(PluginMetrics.Events.PUBLISHED, "default", 1);
    return metrics;
  }

  @Test
  void theMetricsAndTheirLabelsAreThoseOfTheDocument() throws Exception {
    Map<String, String> shown = new TreeMap<>();
    Map<String, Set<String>> labels = new TreeMap<>();
    for (String line : used().text().lines().toList()) {
      Matcher type = TYPE.matcher(line);
      Matcher sample = SAMPLE.matcher(line);
      if (type.matches()) {
        shown.put(type.group(1), type.group(2));
      } else if (sample.matches()) {
        String name = sample.group(1).replaceFirst("_(bucket|sum|count)$", "");
        Set<String> own = labels.computeIfAbsent(name, key -> new TreeSet<>());
        if (sample.group(2) != null) {
          LABEL.matcher(sample.group(2)).results().forEach(label -> own.add(label.group(1)));
        }
        own.remove("le");
      }
    }

    Map<String, String> documented = new TreeMap<>();
    Map<String, Set<String>> documentedLabels = new TreeMap<>();
    for (String line : section()) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        documented.put(row.group(1), row.group(2));
        Set<String> own =
            new TreeSet<>(Set.of(row.group(3).replaceAll("[`,]", "").trim().split(" +")));
        own.remove("");
        documentedLabels.put(row.group(1), own);
      }
    }
    assertThat(shown).isEqualTo(documented);
    assertThat(labels).isEqualTo(documentedLabels);
  }

  private static Iterable<String> section() throws Exception {
    String text =
        Files.readString(Path.of(System.getProperty("prism.home")).resolve("docs/metrics.md"));
    String from = text.substring(text.indexOf("## Plugin\n") + 1);
    int end = from.indexOf("\n## ");
    return (end < 0 ? from : from.substring(0, end)).lines().toList();
  }

  @Test
  void anOutcomeIsTheReasonInLowerCase() {
    assertThat(used().text())
        .contains(
            "prism_plugin_operations_total{namespace=\"default\",operation=\"Get\",outcome=\"key_invalid\"}"
                + " 1");
  }

  @Test
  void namespacesBeyondTheFirstFiftyCountTogether() {
    PluginMetrics metrics = new PluginMetrics();
    PluginMetrics.Operation get = metrics.operation("Get");
    for (int i = 0; i < 60; i++) {
      metrics.answered(get, "ok", "n" + i);
    }

    assertThat(metrics.text().lines().filter(line -> line.startsWith("prism_plugin_operations_")))
        .hasSize(PluginMetrics.MOST_NAMESPACES + 1)
        .anyMatch(line -> line.contains("namespace=\"other\"") && line.endsWith(" 10.0"));
  }
}
