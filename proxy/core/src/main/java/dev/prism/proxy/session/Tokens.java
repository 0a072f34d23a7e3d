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
 *
 * <p>Tokens that were found lately are found again by their characters, compared in constant time
 * as well: a hash costs a call more than the rest of the gate. Where one of those is looked for
 * goes by a factor that is drawn at the start, and a guess that is not a token is never kept.
 */
final class Tokens<T> {
  /** 256 bits in base64url. */
  static final int LENGTH = 43;

  static final int HASH_BYTES = 32;

  /** Digests at hand; more callers than that at one moment make their own. A power of two. */
  private static final int PROBES = 32;

  /** Entries between two digests, so that they share no cache line. */
  private static final int STRIDE = 16;

  /** Tokens that are found without a hash, at most: 64 KB of places. */
  private static final int RECENT_BITS = 14;

  private final SecureRandom random = new SecureRandom();
  private final ConcurrentHashMap<Hash, Kept<T>> values = new ConcurrentHashMap<>();
  private final AtomicReferenceArray<@Nullable Probe> probes =
      new AtomicReferenceArray<>(PROBES * STRIDE);
  private final AtomicReferenceArray<@Nullable Recent<T>> recent =
      new AtomicReferenceArray<>(1 << RECENT_BITS);
  private final int factor = random.nextInt() | 1;

  /** What is kept under a token, and where it is found by its characters. */
  private static final class Kept<T> {
    private final T value;
    private volatile int place = -1;
    private volatile boolean removed;

    private Kept(T value) {
      this.value = value;
    }
  }

  /** A token that was found lately; no record, whose text would have it. */
  private static final class Recent<T> {
    private final String token;
    private final Kept<T> kept;

    private Recent(String token, Kept<T> kept) {
      this.token = token;
      this.kept = kept;
    }
  }

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

  /** What is kept under a token, or null; of a text that is none nothing is. */
  @Nullable T find(String token) {
    if (token.length() != LENGTH) {
      return null;
    }
    int place = (token.hashCode() * factor) >>> (Integer.SIZE - RECENT_BITS);
    Recent<T> known = recent.getAcquire(place);
    if (known != null && isSame(known.token, token)) {
      return known.kept.value;
    }
    return isWellFormed(token) ? findByHash(token, place) : null;
  }

  /** Compares to the end, wherever the first difference is. */
  private static boolean isSame(String token, String other) {
    int difference = 0;
    for (int i = 0; i < LENGTH; i++) {
      difference |= token.charAt(i) ^ other.charAt(i);
    }
    return difference == 0;
  }

  private @Nullable T findByHash(String token, int place) {
    int slot = ((int) Thread.currentThread().threadId() & (PROBES - 1)) * STRIDE;
    Probe probe = probes.getAndSet(slot, null);
    if (probe == null) {
      probe = new Probe();
    }
    probe.take(token);
    Kept<T> kept = values.get(probe.hash);
    probes.setRelease(slot, probe);
    if (kept == null) {
      return null;
    }
    kept.place = place;
    Recent<T> found = new Recent<>(token, kept);
    recent.set(place, found);
    if (kept.removed) { // it may have looked at the place before this was there
      recent.compareAndSet(place, found, null);
    }
    return kept.value;
  }

  void put(Hash hash, T value) {
    values.put(hash, new Kept<>(value));
  }

  void remove(Hash hash) {
    Kept<T> kept = values.remove(hash);
    if (kept == null) {
      return;
    }
    kept.removed = true;
    int place = kept.place;
    Recent<T> found = place < 0 ? null : recent.get(place);
    if (found != null && found.kept == kept) {
      recent.compareAndSet(place, found, null);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
