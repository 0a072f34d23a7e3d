package dev.prism.plugin.sqlite;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The order of keys. {@link String#compareTo} has another one beyond U+FFFF. */
final class Utf8 {
  private Utf8() {}

  static int compare(String a, String b) {
    return Arrays.compareUnsigned(
        a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }
}
