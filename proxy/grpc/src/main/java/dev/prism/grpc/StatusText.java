package dev.prism.grpc;

import java.nio.charset.StandardCharsets;

/**
 * Percent-encodes {@code grpc-message} as the gRPC protocol asks. Stock Helidon sends it as it is.
 */
public final class StatusText {
  private static final char[] HEX = "0123456789ABCDEF".toCharArray();

  private StatusText() {}

  /**
   * The text with every byte but letters, digits and a few marks written as {@code %XX}. The
   * protocol would let all of printable ASCII pass; Helidon 4.5.0's Huffman table is wrong for some
   * of it, and one wrong value breaks the whole connection's header state.
   */
  public static String encode(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int plain = 0;
    while (plain < bytes.length && isPlain(bytes[plain])) {
      plain++;
    }
    if (plain == bytes.length) {
      return text;
    }
    StringBuilder encoded = new StringBuilder(bytes.length + 16);
    for (byte b : bytes) {
      if (isPlain(b)) {
        encoded.append((char) b);
      } else {
        encoded.append('%').append(HEX[(b >> 4) & 0xF]).append(HEX[b & 0xF]);
      }
    }
    return encoded.toString();
  }

  private static boolean isPlain(byte b) {
    return (b >= 'a' && b <= 'z')
        || (b >= 'A' && b <= 'Z')
        || (b >= '0' && b <= '9')
        || b == ' '
        || b == '.'
        || b == ','
        || b == ':'
        || b == '-'
        || b == '_'
        || b == '/'
        || b == '('
        || b == ')'
        || b == '=';
  }
}
