package dev.prism.plugin.redis;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Text and numbers as Redis has them. */
final class Bytes {
  private Bytes() {}

  static byte[] of(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static byte[] of(long number) {
    return Long.toString(number).getBytes(StandardCharsets.ISO_8859_1);
  }

  static byte[] of(boolean flag) {
    return of(flag ? 1 : 0);
  }

  static String text(Object bytes) {
    return new String((byte[]) bytes, StandardCharsets.UTF_8);
  }

  /** Each of text, a number, a flag or bytes. */
  static List<byte[]> list(Object... values) {
    List<byte[]> all = new ArrayList<>(values.length);
    for (Object value : values) {
      all.add(
          switch (value) {
            case byte[] bytes -> bytes;
            case Boolean flag -> of(flag);
            default -> of(value.toString());
          });
    }
    return all;
  }
}
