package dev.prism.proxy.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Reads single values: takes variables from the environment and turns text into numbers, durations
 * and sizes. A value that does not fit is a problem at its line, and null. What a variable holds is
 * never repeated in a message: it may be a secret.
 */
final class Scalars {
  private static final Pattern VARIABLE = Pattern.compile("\\$(\\$)?\\{([^}:]*)(?::-([^}]*))?}");
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");
  private static final Pattern SIZE = Pattern.compile("(\\d{1,12}) ?(B|KiB|MiB|GiB|TiB)?");

  /** The largest file that a setting ending in {@code _FILE} may name. */
  static final int MAX_SECRET_BYTES = 64 * 1024;

  private final Problems problems;
  private final Map<String, String> env;
  private final Path base;

  /**
   * @param base what relative file names in the configuration are relative to
   */
  Scalars(Problems problems, Map<String, String> env, Path base) {
    this.problems = problems;
    this.env = env;
    this.base = base;
  }

  /** A value's text with its variables filled in, and whether there were any. */
  record Text(String value, boolean substituted) {}

  /**
   * The text of a scalar; null, with a problem, where the node is none or a variable is missing.
   */
  @Nullable Text text(String path, Node node) {
    if (!(node instanceof ScalarNode scalar) || scalar.getTag().equals(Tag.NULL)) {
      problems.at(node, path + " needs a value");
      return null;
    }
    if (isForeign(scalar.getTag())) {
      problems.at(node, path + ": tags such as " + scalar.getTag() + " are not supported");
      return null;
    }
    String raw = scalar.getValue();
    if (!raw.contains("${")) {
      return new Text(raw, false);
    }
    Matcher matcher = VARIABLE.matcher(raw);
    StringBuilder out = new StringBuilder();
    boolean complete = true;
    while (matcher.find()) {
      String name = matcher.group(2);
      String fallback = matcher.group(3);
      String value;
      if (matcher.group(1) != null) { // $${: an escape, for the text ${
        value = matcher.group().substring(1);
      } else if (!NAME.matcher(name).matches()) {
        problems.at(
            node,
            path + ": \"${" + name + "}\" is not a variable's name (write $${ for the text ${)");
        complete = false;
        value = "";
      } else if (env.containsKey(name)) {
        value = env.getOrDefault(name, "");
      } else if (fallback != null) {
        value = fallback;
      } else {
        problems.at(
            node,
            path
                + ": the environment has no "
                + name
                + " (set it, or write ${"
                + name
                + ":-default})");
        complete = false;
        value = "";
      }
      matcher.appendReplacement(out, Matcher.quoteReplacement(value));
    }
    matcher.appendTail(out);
    return complete ? new Text(out.toString(), true) : null;
  }

  @Nullable String string(String path, Node node) {
    Text text = text(path, node);
    return text == null ? null : text.value();
  }

  @Nullable Boolean bool(String path, Node node) {
    Text text = text(path, node);
    if (text == null) {
      return null;
    }
    if (isOrCameFromEnvironment(text, node, Tag.BOOL)) {
      if (text.value().equals("true") || text.value().equals("false")) {
        return text.value().equals("true");
      }
    }
    wrong(path, node, text, "true or false");
    return null;
  }

  @Nullable Long integer(String path, Node node, long min, long max) {
    Text text = text(path, node);
    if (text == null) {
      return null;
    }
    if (isOrCameFromEnvironment(text, node, Tag.INT)) {
      try {
        long value = Long.parseLong(text.value());
        if (value >= min && value <= max) {
          return value;
        }
      } catch (NumberFormatException e) {
        // Too long, or no number: told below, with the range.
      }
    }
    wrong(path, node, text, "a whole number from " + min + " to " + max);
    return null;
  }

  @Nullable Double number(String path, Node node, double min, double max) {
    Text text = text(path, node);
    if (text == null) {
      return null;
    }
    if (isOrCameFromEnvironment(text, node, Tag.INT) || node.getTag().equals(Tag.FLOAT)) {
      try {
        double value = Double.parseDouble(text.value());
        if (value >= min && value <= max) {
          return value;
        }
      } catch (NumberFormatException e) {
        // Told below, with the range.
      }
    }
    wrong(path, node, text, "a number from " + plain(min) + " to " + plain(max));
    return null;
  }

  @Nullable Duration duration(String path, Node node, Duration min, Duration max) {
    Text text = text(path, node);
    if (text == null) {
      return null;
    }
    Duration value = duration(text.value());
    if (value != null && value.compareTo(min) >= 0 && value.compareTo(max) <= 0) {
      return value;
    }
    wrong(
        path,
        node,
        text,
        "a time from " + print(min) + " to " + print(max) + " with a unit (ms, s, m, h, d)");
    return null;
  }

  @Nullable Long size(String path, Node node, long min, long max) {
    Text text = text(path, node);
    if (text == null) {
      return null;
    }
    Matcher matcher = SIZE.matcher(text.value());
    if (matcher.matches()) {
      long unit =
          switch (matcher.group(2)) {
            case "KiB" -> 1L << 10;
            case "MiB" -> 1L << 20;
            case "GiB" -> 1L << 30;
            case "TiB" -> 1L << 40;
            case null, default -> 1;
          };
      long amount = Long.parseLong(matcher.group(1));
      if (amount <= max / unit && amount * unit >= min) {
        return amount * unit;
      }
    }
    wrong(path, node, text, "a size from " + min + " to " + max + " bytes (such as 4MiB)");
    return null;
  }

  /** What a file holds, without the line end that editors add; null, with a problem, else. */
  @Nullable String file(String path, Node node) {
    String name = string(path, node);
    if (name == null) {
      return null;
    }
    Path file = base.resolve(name);
    try {
      if (!Files.isRegularFile(file)) {
        problems.at(node, path + ": there is no file " + file);
        return null;
      }
      if (Files.size(file) > MAX_SECRET_BYTES) {
        problems.at(node, path + ": " + file + " is over " + MAX_SECRET_BYTES + " bytes");
        return null;
      }
      return Files.readString(file).stripTrailing();
    } catch (IOException e) {
      problems.at(
          node, path + ": " + file + " cannot be read (" + e.getClass().getSimpleName() + ")");
      return null;
    }
  }

  static @Nullable Duration duration(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    long amount = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> Duration.ofDays(amount);
    };
  }

  /** The shortest text that reads back as {@code duration}. */
  static String print(Duration duration) {
    long millis = duration.toMillis();
    if (millis % 86_400_000 == 0 && millis > 0) {
      return millis / 86_400_000 + "d";
    }
    if (millis % 3_600_000 == 0 && millis > 0) {
      return millis / 3_600_000 + "h";
    }
    if (millis % 60_000 == 0 && millis > 0) {
      return millis / 60_000 + "m";
    }
    return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
  }

  /** What was asked for against what is there, without repeating what a variable held. */
  void wrong(String path, Node node, Text text, String wanted) {
    wrong(path, node, text, wanted, null);
  }

  /** As the other, with the value that was probably meant. */
  void wrong(String path, Node node, Text text, String wanted, @Nullable String meant) {
    String found = text.substituted() ? "what its variable holds" : "\"" + text.value() + "\"";
    problems.at(
        node,
        path
            + " must be "
            + wanted
            + ", not "
            + found
            + (meant == null || text.substituted() ? "" : "; did you mean " + meant + "?"));
  }

  /**
   * Whether the file gives a tag of its own; a value that is a variable and nothing else has one.
   */
  static boolean isForeign(Tag tag) {
    return !tag.getValue().startsWith(Tag.PREFIX) && !tag.equals(Tag.ENV_TAG);
  }

  private static boolean isOrCameFromEnvironment(Text text, Node node, Tag tag) {
    return text.substituted() || node.getTag().equals(tag);
  }

  private static String plain(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }
}
