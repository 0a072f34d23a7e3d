package dev.prism.grpc;

import java.nio.charset.StandardCharsets;
import java.util.function.IntPredicate;

/** Percent-encodes {@code grpc-message}: as the gRPC protocol asks, and as stock Helidon needs. */
public final class StatusText {
  private static final char[] HEX = "0123456789ABCDEF".toCharArray();
  private static final String HELIDON_MARKS = " .,:-_/()=";

  private StatusText() {}

  /**
   * The text with every byte outside printable ASCII, and the percent sign, written as {@code %XX}
   * (gRPC over HTTP/2, "Responses"). No more than that: grpc-js leaves some encoded marks, such as
   * {@code %3B}, as they are.
   */
  public static String encode(String text) {
    return encode(text, b -> b >= ' ' && b <= '~' && b != '%');
  }

  /**
   * As {@link #encode}, with everything but letters, digits and a few marks encoded: Helidon
   * 4.5.0's Huffman table is wrong for some of printable ASCII, and one wrong value breaks the
   * whole connection's header state.
   */
  static String encodeForHelidon(String text) {
    return encode(
        text,
        b ->
            (b >= 'a' && b <= 'z')
                || (b >= 'A' && b <= 'Z')
                || (b >= '0' && b <= '9')
                || HELIDON_MARKS.indexOf(b) >= 0);
  }

  private static String encode(String text, IntPredicate plain) {
    StringBuilder encoded = new StringBuilder(text.length() + 16);
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if (plain.test(b)) {
        encoded.append((char) b);
      } else {
        encoded.append('%').append(HEX[(b >> 4) & 0xF]).append(HEX[b & 0xF]);
      }
    }
    return encoded.toString();
  }
}
