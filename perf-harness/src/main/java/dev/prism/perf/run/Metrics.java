package dev.prism.perf.run;

import dev.prism.perf.report.Percentile;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A page of metrics as it was at one time, in the Prometheus text format.
 *
 * @param samples each line's name with its labels, and its value
 */
record Metrics(Map<String, Double> samples) {
  /** The percentiles that are taken of the product's own histograms. */
  private static final double[] PERCENTS = {50, 90, 95, 99, 99.9};

  private static final Pattern UPPER = Pattern.compile("[{,]le=\"([^\"]+)\"");
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  /** Reads a page. */
  static Metrics scrape(HttpClient client, String url) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url)).timeout(PATIENCE).build();
    Map<String, Double> samples = new TreeMap<>();
    client
        .send(request, HttpResponse.BodyHandlers.ofLines())
        .body()
        .filter(line -> !line.startsWith("#"))
        .forEach(
            line -> {
              int blank = line.lastIndexOf(' ');
              samples.put(line.substring(0, blank), Double.parseDouble(line.substring(blank + 1)));
            });
    return new Metrics(samples);
  }

  /**
   * The sum of a metric's samples.
   *
   * @param label that a sample must have, as {@code name="value"}; empty for all
   */
  double sum(String name, String label) {
    return samples.entrySet().stream()
        .filter(each -> is(each.getKey(), name) && each.getKey().contains(label))
        .mapToDouble(Map.Entry::getValue)
        .sum();
  }

  /** What the proxy shows of itself under a name without labels; NaN where it does not. */
  double own(String name) {
    return samples.getOrDefault(name, Double.NaN);
  }

  private static boolean is(String sample, String name) {
    return sample.startsWith(name)
        && (sample.length() == name.length() || sample.charAt(name.length()) == '{');
  }

  /** What a histogram has counted since an earlier page, as percentiles in microseconds. */
  List<Percentile> percentilesSince(Metrics before, String histogram) {
    Map<Double, Double> upTo = new TreeMap<>();
    samples.forEach(
        (sample, count) -> {
          Matcher upper = UPPER.matcher(sample);
          if (is(sample, histogram + "_bucket") && upper.find()) {
            double bound =
                upper.group(1).equals("+Inf")
                    ? Double.POSITIVE_INFINITY
                    : Double.parseDouble(upper.group(1));
            upTo.merge(bound, count - before.samples.getOrDefault(sample, 0.0), Double::sum);
          }
        });
    double all = upTo.values().stream().mapToDouble(Double::doubleValue).max().orElse(0);
    List<Percentile> percentiles = new ArrayList<>();
    if (all > 0) {
      for (double percent : PERCENTS) {
        percentiles.add(new Percentile(percent, within(upTo, all * percent / 100) * 1e6));
      }
    }
    return percentiles;
  }

  /** The value of which so many are at most, supposed to be spread evenly within their bucket. */
  private static double within(Map<Double, Double> upTo, double rank) {
    double lower = 0;
    double below = 0;
    for (Map.Entry<Double, Double> bucket : upTo.entrySet()) {
      if (bucket.getValue() >= rank) {
        return Double.isInfinite(bucket.getKey())
            ? lower
            : lower + (bucket.getKey() - lower) * (rank - below) / (bucket.getValue() - below);
      }
      lower = bucket.getKey();
      below = bucket.getValue();
    }
    return lower;
  }
}
