package dev.prism.plugin.neptune;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What becomes text of a traversal: Neptune takes no parameters, so that everything a request says
 * goes through here. The literals are those that the Gremlin grammar and Groovy read alike.
 */
final class Literals {
  /** What stands for itself besides letters and digits. */
  private static final String AS_IT_IS = " _-.:,@";

  private static final DateTimeFormatter MOMENT =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private Literals() {}

  /**
   * Text in single quotes. All but letters, digits and a few signs of ASCII is written by its
   * number, for servers also look for comments and options in a query by its text alone. A quote
   * and a backslash have a backslash before them instead: some readers put in a character for its
   * number before they look for quotes.
   */
  static String text(String text) {
    StringBuilder literal = new StringBuilder(text.length() + 16).append('\'');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\'' -> literal.append("\\'");
        case '\\' -> literal.append("\\\\");
        case '\n' -> literal.append("\\n");
        case '\r' -> literal.append("\\r");
        case '\t' -> literal.append("\\t");
        case '\b' -> literal.append("\\b");
        case '\f' -> literal.append("\\f");
        default -> {
          if (isAsciiWord(c) || AS_IT_IS.indexOf(c) >= 0) {
            literal.append(c);
          } else {
            literal.append("\\u").append("%04X".formatted((int) c));
          }
        }
      }
    }
    return literal.append('\'').toString();
  }

  private static boolean isAsciiWord(char c) {
    return c < 128 && Character.isLetterOrDigit(c);
  }

  /** Texts with commas between them. */
  static String texts(Stream<String> texts) {
    return texts.map(Literals::text).collect(Collectors.joining(","));
  }

  /** A whole number of 64 bits. */
  static String number(long number) {
    return number + "L";
  }

  /**
   * A floating-point number.
   *
   * @param number finite
   */
  static String number(double number) {
    return number + "D";
  }

  /**
   * A moment, in milliseconds, which is what Neptune tells apart.
   *
   * @param moment in the years 1 to 9999
   */
  static String moment(Instant moment) {
    return "datetime('" + MOMENT.format(moment) + "')";
  }
}
