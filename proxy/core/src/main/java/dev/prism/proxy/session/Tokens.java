package dev.prism.proxy.session;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Session tokens: makes them, and finds what is kept under one by the SHA-256 of its characters. A
 * lookup takes no lock and, but for the first few, allocates nothing. A caller cannot steer where
 * the hash of a guess lands, and a hash is compared in constant time.
 */
final class Tokens<T> {
  /** 256 bits in base64url. */
  static final int LENGTH = 43;

  static final int HASH_BYTES = 32;

  /** Digests at hand; more callers than that at one moment make their own. A power of two. */
  private static final int PROBES = 32;

  /** Entries between two digests, so that they share no cache line. */
  private static final int STRIDE = 16;

  private final SecureRandom random = new SecureRandom();
  private final ConcurrentHashMap<Hash, T> values = new ConcurrentHashMap<>();
  private final AtomicReferenceArray<@Nullable Probe> probes =
      new AtomicReferenceArray<>(PROBES * STRIDE);

  /** A token's hash, as a key. */
  static final class Hash {
    private final byte[] bytes;

    private Hash(byte[] bytes) {
      this.bytes = bytes;
    }

    static Hash of(byte[] bytes) {
      if (bytes.length != HASH_BYTES) {
        throw new IllegalArgumentException("a hash has " + HASH_BYTES + " bytes");
      }
      return new Hash(bytes.clone());
    }

    byte[] bytes() {
      return bytes.clone();
    }

    @Override
    public int hashCode() {
      return bytes[0] << 24 | (bytes[1] & 0xff) << 16 | (bytes[2] & 0xff) << 8 | (bytes[3] & 0xff);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Hash hash && MessageDigest.isEqual(bytes, hash.bytes);
    }
  }

  /** What one lookup works with; used by one thread at a time. */
  private static final class Probe {
    private final MessageDigest digest = sha256();
    private final byte[] characters = new byte[LENGTH];
    private final Hash hash = new Hash(new byte[HASH_BYTES]);

    void take(String token) {
      for (int i = 0; i < LENGTH; i++) {
        characters[i] = (byte) token.charAt(i);
      }
      digest.update(characters);
      Arrays.fill(characters, (byte) 0);
      try {
        digest.digest(hash.bytes, 0, HASH_BYTES);
      } catch (DigestException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** A new token, from 256 random bits. */
  String create() {
    byte[] secret = new byte[32];
    random.nextBytes(secret);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
  }

  /** The hash of a token that is well formed. */
  static Hash hash(String token) {
    Probe probe = new Probe();
    probe.take(token);
    return probe.hash;
  }

  /** Whether the text could be a token at all; told by its characters, without a hash. */
  static boolean isWellFormed(String token) {
    if (token.length() != LENGTH) {
      return false;
    }
    for (int i = 0; i < LENGTH; i++) {
      char c = token.charAt(i);
      boolean base64url =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '-'
              || c == '_';
      if (!base64url) {
        return false;
      }
    }
    return true;
  }

  /** What is kept under a well-formed token, or null. */
  @Nullable T find(String token) {
    int slot = ((int) Thread.currentThread().threadId() & (PROBES - 1)) * STRIDE;
    Probe probe = probes.getAndSet(slot, null);
    if (probe == null) {
      probe = new Probe();
    }
    probe.take(token);
    T value = values.get(probe.hash);
    probes.setRelease(slot, probe);
    return value;
  }

  void put(Hash hash, T value) {
    values.put(hash, value);
  }

  void remove(Hash hash) {
    values.remove(hash);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
