package dev.prism.proxy.gate;

import io.grpc.Metadata;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Names a call in logs: taken from the client where it is valid, made up where it is not. */
public final class RequestIds {
  /** The call's name in logs, chosen by the client or the proxy. */
  public static final Metadata.Key<String> REQUEST_ID =
      Metadata.Key.of("prism-request-id", Metadata.ASCII_STRING_MARSHALLER);

  /** The W3C trace context. */
  public static final Metadata.Key<String> TRACEPARENT =
      Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);

  private static final int MAX_LENGTH = 64;
  private static final int TRACEPARENT_LENGTH = 55;
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private RequestIds() {}

  /**
   * The client's id where it is 1 to 64 of [A-Za-z0-9._-], else a new one of 16 hexadecimal digits.
   */
  public static String requestId(Metadata metadata) {
    String given = given(metadata);
    return given == null ? make() : given;
  }

  /** The client's id; null where it gave none, or none that is valid. */
  public static @Nullable String given(Metadata metadata) {
    String given = metadata.get(REQUEST_ID);
    return given != null && isValid(given) ? given : null;
  }

  static String make() {
    byte[] id = new byte[16];
    hex(ThreadLocalRandom.current().nextLong(), id, 0);
    return new String(id, StandardCharsets.ISO_8859_1);
  }

  /**
   * The client's trace context; null where it gave none, or none that is valid. None is made up: it
   * would name a trace that nobody records, and would tell whoever gets it not to record either.
   */
  static @Nullable String traceparent(Metadata metadata) {
    String given = metadata.get(TRACEPARENT);
    return given != null && isTraceparent(given) ? given : null;
  }

  private static boolean isValid(String id) {
    if (id.isEmpty() || id.length() > MAX_LENGTH) {
      return false;
    }
    for (int i = 0; i < id.length(); i++) {
      char c = id.charAt(i);
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '-'
              || c == '_'
              || c == '.';
      if (!plain) {
        return false;
      }
    }
    return true;
  }

  /**
   * {@code 00-TRACE-SPAN-FLAGS} in lower case, neither id all zeros (W3C Trace Context, section
   * 3.2).
   */
  private static boolean isTraceparent(String given) {
    return given.length() == TRACEPARENT_LENGTH
        && given.startsWith("00-")
        && given.charAt(35) == '-'
        && given.charAt(52) == '-'
        && isId(given, 3, 35)
        && isId(given, 36, 52)
        && isHex(given.charAt(53))
        && isHex(given.charAt(54));
  }

  private static boolean isId(String text, int start, int end) {
    boolean zero = true;
    for (int i = start; i < end; i++) {
      char c = text.charAt(i);
      if (!isHex(c)) {
        return false;
      }
      zero &= c == '0';
    }
    return !zero;
  }

  private static boolean isHex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  }

  private static void hex(long value, byte[] into, int offset) {
    for (int i = 0; i < 16; i++) {
      into[offset + i] = HEX[(int) (value >>> (60 - 4 * i)) & 0xF];
    }
  }
}
