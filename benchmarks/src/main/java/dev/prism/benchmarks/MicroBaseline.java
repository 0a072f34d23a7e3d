package dev.prism.benchmarks;

import dev.prism.benchmarks.MicroRun.Measurement;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * What the parts cost when it was last accepted: the file that a run is judged by.
 *
 * @param origin where it comes from: {@code machine}, {@code jdk}, {@code commit}, {@code date}
 * @param entries of each part by its name, in the order of the run
 */
record MicroBaseline(Map<String, String> origin, Map<String, Entry> entries) {
  /** How many times its baseline a ratio may be, where the file says nothing else. */
  static final double MARGIN = 1.5;

  private static final MathContext RATIO_DIGITS = new MathContext(3);

  private static final String COMMENT =
      """
      # What `./prism bench micro --gate` compares with; `--record` writes it. ratio: the time of an operation in
      # calibrations of the same run. bytes: what an operation allocates. margin: how many times its ratio a part may
      # take where %s is too little, written by hand and kept when this is recorded anew.
      """
          .formatted(MARGIN);

  /**
   * What one operation of a part cost.
   *
   * @param ratio its time in calibrations
   * @param bytes that it allocated
   * @param margin how many times that ratio it may take
   */
  record Entry(double ratio, double bytes, double margin) {}

  /** A baseline of this run, with the margins of the one before. */
  static MicroBaseline of(MicroRun run, Map<String, String> origin, MicroBaseline before) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (Measurement each : run.measurements()) {
      Entry old = before.entries().get(each.name());
      entries.put(
          each.name(),
          new Entry(run.ratio(each), each.bytes(), old == null ? MARGIN : old.margin()));
    }
    return new MicroBaseline(origin, entries);
  }

  /**
   * Reads the file.
   *
   * @throws IllegalArgumentException where it holds something else, in a line for a person
   */
  static MicroBaseline read(Path file) throws IOException {
    try {
      Map<?, ?> all =
          map(new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file)));
      Map<String, String> origin = new LinkedHashMap<>();
      Map<String, Entry> entries = new LinkedHashMap<>();
      all.forEach(
          (key, value) -> {
            if (!key.equals("parts")) {
              origin.put(key.toString(), value.toString());
            }
          });
      map(all.get("parts"))
          .forEach((name, entry) -> entries.put(name.toString(), entry(map(entry))));
      return new MicroBaseline(origin, entries);
    } catch (YamlEngineException | IllegalArgumentException e) {
      throw new IllegalArgumentException(file + " is no baseline: " + e.getMessage(), e);
    }
  }

  private static Entry entry(Map<?, ?> entry) {
    return new Entry(
        number(entry.get("ratio")),
        number(entry.get("bytes")),
        entry.containsKey("margin") ? number(entry.get("margin")) : MARGIN);
  }

  private static Map<?, ?> map(@Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw new IllegalArgumentException("a mapping is missing");
  }

  private static double number(@Nullable Object value) {
    if (value instanceof Number number && number.doubleValue() >= 0) {
      return number.doubleValue();
    }
    throw new IllegalArgumentException(value + " is no number of 0 or more");
  }

  /** Writes the file. */
  void write(Path file) throws IOException {
    Map<String, Object> parts = new LinkedHashMap<>();
    entries.forEach(
        (name, entry) -> {
          Map<String, Object> fields = new LinkedHashMap<>();
          fields.put("ratio", rounded(entry.ratio()));
          fields.put("bytes", Math.round(entry.bytes()));
          if (entry.margin() != MARGIN) {
            fields.put("margin", entry.margin());
          }
          parts.put(name, fields);
        });
    Map<String, Object> all = new LinkedHashMap<>(origin);
    all.put("parts", parts);
    DumpSettings style = DumpSettings.builder().setDefaultFlowStyle(FlowStyle.BLOCK).build();
    Files.writeString(file, COMMENT + new Dump(style).dumpToString(all));
  }

  private static double rounded(double number) {
    return new BigDecimal(number).round(RATIO_DIGITS).doubleValue();
  }
}
