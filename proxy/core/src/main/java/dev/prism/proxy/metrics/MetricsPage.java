package dev.prism.proxy.metrics;

import dev.prism.proxy.route.Plugins;
import dev.prism.status.PrismException;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The page at {@code /observe/metrics}: the proxy's metrics, then each plugin's own with labels
 * {@code instance} and {@code process}. A plugin that does not answer within a second is left out;
 * {@code prism_plugin_state} tells why.
 */
public final class MetricsPage {
  private static final Logger LOG = LoggerFactory.getLogger(MetricsPage.class);

  /** Prometheus gives a scrape 10 s by default; all plugins are asked at once. */
  private static final Duration PLUGIN_LIMIT = Duration.ofSeconds(1);

  private final ProxyMetrics proxy;
  private final Plugins plugins;
  private final PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();

  public MetricsPage(ProxyMetrics proxy, Plugins plugins) {
    this.proxy = proxy;
    this.plugins = plugins;
  }

  /** The media type of {@link #text}. */
  public String contentType() {
    return PrometheusTextFormatWriter.CONTENT_TYPE;
  }

  /** All metrics now. Blocks for what the plugins take to answer. */
  public String text() {
    Map<Plugins.Plugin, Future<String>> answers = new LinkedHashMap<>();
    Families families = new Families();
    families.add("", own());
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      long deadline = System.nanoTime() + PLUGIN_LIMIT.toNanos();
      for (Plugins.Plugin plugin : plugins.all()) {
        answers.put(plugin, threads.submit(() -> ask(plugin, deadline)));
      }
    }
    answers.forEach(
        (plugin, answer) ->
            families.add(label(plugin.instance(), plugin.process()), answer.resultNow()));
    return families.text();
  }

  private String own() {
    ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 14);
    try {
      writer.write(out, proxy.scrape());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private static String ask(Plugins.Plugin plugin, long deadlineNanos) {
    try {
      return plugin.metrics(deadlineNanos);
    } catch (PrismException e) {
      LOG.debug("no metrics from plugin {}: {}", plugin.instance(), e.getMessage());
      return "";
    }
  }

  static String label(String instance, int process) {
    return "instance=\"" + instance + "\",process=\"" + process + "\"";
  }

  /** Samples of several processes under one description each, as the text format asks. */
  static final class Families {
    private record Family(List<String> description, List<String> samples) {}

    private final Map<String, Family> families = new LinkedHashMap<>();

    /**
     * Adds a process's page.
     *
     * @param label what each sample has besides its own labels; empty: nothing
     */
    void add(String label, String page) {
      Family family = null;
      for (String line : page.lines().toList()) {
        if (line.startsWith("# HELP ") || line.startsWith("# TYPE ")) {
          String name = line.split(" ", 4)[2];
          family =
              families.computeIfAbsent(
                  name, key -> new Family(new ArrayList<>(), new ArrayList<>()));
          String kind = line.substring(0, 7);
          if (family.description.stream().noneMatch(known -> known.startsWith(kind))) {
            family.description.add(line);
          }
        } else if (!line.isBlank() && !line.startsWith("#")) {
          if (family == null) {
            family =
                families.computeIfAbsent(
                    "", key -> new Family(new ArrayList<>(), new ArrayList<>()));
          }
          family.samples.add(labelled(line, label));
        }
      }
    }

    String text() {
      StringBuilder text = new StringBuilder();
      for (Family family : families.values()) {
        family.description.forEach(line -> text.append(line).append('\n'));
        family.samples.forEach(line -> text.append(line).append('\n'));
      }
      return text.toString();
    }

    private static String labelled(String sample, String label) {
      if (label.isEmpty()) {
        return sample;
      }
      int brace = sample.indexOf('{');
      int space = sample.indexOf(' ');
      if (brace >= 0 && brace < space) {
        boolean empty = sample.charAt(brace + 1) == '}';
        return sample.substring(0, brace + 1)
            + label
            + (empty ? "" : ",")
            + sample.substring(brace + 1);
      }
      return sample.substring(0, space) + "{" + label + "}" + sample.substring(space);
    }
  }
}
