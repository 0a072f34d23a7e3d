package dev.prism.link;

import java.nio.BufferOverflowException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The body of a HELLO frame, big-endian: int32 link version, text name, text version, int32 number
 * of features, a text each, int32 most bytes of a message, int64 most pending bytes. A text is an
 * int16 length and UTF-8. What a later version appends is skipped.
 */
final class HelloCodec {
  private static final int MAX_BYTES = 4096;
  private static final int MAX_TEXT = 256;
  private static final int MAX_FEATURES = 64;

  private HelloCodec() {}

  static byte[] encode(Hello hello) {
    ByteBuffer out = ByteBuffer.allocate(MAX_BYTES);
    try {
      out.putInt(hello.linkVersion());
      putText(out, hello.name());
      putText(out, hello.version());
      out.putInt(hello.features().size());
      hello.features().forEach(feature -> putText(out, feature));
      out.putInt(hello.maxMessageBytes());
      out.putLong(hello.maxPendingBytes());
    } catch (BufferOverflowException e) {
      throw new IllegalArgumentException("a hello larger than " + MAX_BYTES + " bytes", e);
    }
    byte[] bytes = new byte[out.position()];
    out.get(0, bytes);
    return bytes;
  }

  static Hello decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      int linkVersion = in.getInt();
      String name = text(in);
      String version = text(in);
      int count = in.getInt();
      if (count < 0 || count > MAX_FEATURES) {
        throw new ProtocolViolation("a hello with " + count + " features");
      }
      Set<String> features = new LinkedHashSet<>();
      for (int i = 0; i < count; i++) {
        features.add(text(in));
      }
      int maxMessageBytes = in.getInt();
      long maxPendingBytes = in.getLong();
      if (maxMessageBytes < 1 || maxPendingBytes < 1) {
        throw new ProtocolViolation("a hello that takes nothing");
      }
      return new Hello(
          linkVersion, name, version, Set.copyOf(features), maxMessageBytes, maxPendingBytes);
    } catch (BufferUnderflowException e) {
      throw new ProtocolViolation("a hello that ends early", e);
    }
  }

  private static void putText(ByteBuffer out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > MAX_TEXT) {
      throw new IllegalArgumentException("a hello's text of " + bytes.length + " bytes");
    }
    out.putShort((short) bytes.length).put(bytes);
  }

  private static String text(ByteBuffer in) {
    int length = in.getShort();
    if (length < 0 || length > MAX_TEXT) {
      throw new ProtocolViolation("a hello's text of " + length + " bytes");
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
