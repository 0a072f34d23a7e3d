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
  ONCE(false);

  private final byte[] text;
  private final byte[] digest;

  Script() {
    this(true);
  }

  /**
   * @param freeing whether it begins with what all share; that also lets it run when the memory is
   *     full, which one that only adds must not
   */
  Script(boolean freeing) {
    String own = resource(name().toLowerCase(Locale.ROOT));
    this.text = Bytes.of(freeing ? resource("common") + own : own);
    try {
      this.digest =
          Bytes.of(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(text)));
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
