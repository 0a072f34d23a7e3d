package dev.prism.plugin.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/** The scripts that run on the server, each of them as one step; their files say what they do. */
@SuppressWarnings("ImmutableEnumChecker") // nobody writes into the arrays
enum Script {
  JOIN,
  CLAIM,
  ACK,
  FIND,
  BURY,
  LEAVE,
  SEEK,
  COMMIT,
  INFO,
  LOOK,
  TRIM,
  VIEW,
  ONCE(resource("once")),
  READ(resource("read")),
  TIDY(resource("tidy")),
  /** Writes of items; not where the memory is full. */
  WRITE("#!lua\n" + resource("write")),
  /** The same, where the memory is full too: for what frees some. */
  ERASE("#!lua flags=allow-oom\n" + resource("write"));

  private final byte[] text;
  private final byte[] digest;

  /**
   * Begins with what all of them share; that also lets it run when the memory is full, which one
   * that only adds must not.
   */
  Script() {
    this.text = Bytes.of(resource("common") + resource(name().toLowerCase(Locale.ROOT)));
    this.digest = digest(text);
  }

  Script(String text) {
    this.text = Bytes.of(text);
    this.digest = digest(this.text);
  }

  private static byte[] digest(byte[] text) {
    try {
      return Bytes.of(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(text)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String resource(String name) {
    try (InputStream in = Script.class.getResourceAsStream(name + ".lua")) {
      if (in == null) {
        throw new IllegalStateException(name + ".lua is not in the jar");
      }
      return Bytes.text(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  byte[] text() {
    return text;
  }

  byte[] digest() {
    return digest;
  }
}
