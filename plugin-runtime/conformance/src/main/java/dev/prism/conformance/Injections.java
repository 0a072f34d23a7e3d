package dev.prism.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** Attempts at injection: SQL, PartiQL, Gremlin, and what breaks the quoting of either. */
public final class Injections {
  private static final List<String> CORPUS = load();

  private Injections() {}

  /** Distinct texts, none empty. */
  public static List<String> corpus() {
    return CORPUS;
  }

  private static List<String> load() {
    try (InputStream in =
        Objects.requireNonNull(Injections.class.getResourceAsStream("injections.txt"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("# "))
          .map(Injections::unescaped)
          .distinct()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code <U+000A>} stands for a character that a line cannot hold. */
  private static String unescaped(String line) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < line.length(); i++) {
      if (line.startsWith("<U+", i)) {
        int end = line.indexOf('>', i);
        text.appendCodePoint(Integer.parseInt(line.substring(i + 3, end), 16));
        i = end;
      } else {
        text.append(line.charAt(i));
      }
    }
    return text.toString();
  }
}
