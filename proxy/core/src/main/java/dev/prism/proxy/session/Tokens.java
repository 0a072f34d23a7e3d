package dev.prism.proxy.session;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Session tokens: makes them, and finds what is kept under one by the SHA-256 of its characters. A
 * lookup takes no lock and, but for the first few, allocates nothing. A caller cannot steer where
 * the hash of a guess lands, and a hash is compared in constant time.
 *
 * <p>A token that was found once is found again by its characters, compared in constant time as
 * well: a hash costs a call more than the rest of the gate. Where one of those is looked for goes
 * by a factor that is drawn at the start, and a guess that is not a token is never kept.
 */
final class Tokens<T> {
  /** 256 bits in base64url. */
  static final int LENGTH = 43;

  static final int HASH_BYTES = 32;

  /** Digests at hand; more callers than that at one moment make their own. A power of two. */
  private static final int PROBES = 32;

  /** Entries between two digests, so that they share no cache line. */
  private static final int STRIDE = 16;

  /** Neighbours that a token may be at. A power of two. */
  private static final int WAYS = 4;

  private static final int LEAST_PLACES = 1 << 8;

  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private final SecureRandom random = new SecureRandom();
  private final ConcurrentHashMap<Hash, Kept<T>> values = new ConcurrentHashMap<>();
  private final AtomicReferenceArray<@Nullable Probe> probes =
      new AtomicReferenceArray<>(PROBES * STRIDE);
  private final AtomicReferenceArray<@Nullable Kept<T>> places;
  private final int shift;
  private final long factor = random.nextLong() | 1;

  /**
   * What is kept under a token, and its characters once they were seen; no record, whose text would
   * have them.
   */
  private static final class Kept<T> {
    private final T value;
    private volatile byte @Nullable [] token;
    private volatile boolean removed;

    private Kept(T value) {
      this.value = value;
    }
  }

  /**
   * @param most how many are kept at one moment, up to 2^29; of more, some are found by their hash
   *     each time. Each takes two to four places of four bytes, whether it is there or not.
   */
  Tokens(int most) {
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(2 * most, LEAST_PLACES) - 1);
    this.places = new AtomicReferenceArray<>(1 << bits);
    this.shift = Long.SIZE - bits;
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
    private final Hash hash = new Hash(new byte[HASH_BYTES]);

    void take(byte[] token) {
      digest.update(token);
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
    probe.take(token.getBytes(StandardCharsets.ISO_8859_1));
    return probe.hash;
  }

  /** Whether the text could be a token at all; told by its characters, without a hash. */
  static boolean isWellFormed(byte[] token) {
    if (token.length != LENGTH) {
      return false;
    }
    for (byte c : token) {
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
  @Nullable T find(byte[] token) {
    if (token.length != LENGTH) {
      return null;
    }
    T seen = findSeen(token);
    return seen == null && isWellFormed(token) ? findByHash(token) : seen;
  }

  /** What is kept under a token that is found by its characters, or null. */
  @Nullable T findSeen(byte[] token) {
    int first = firstPlace(token);
    for (int i = first; i < first + WAYS; i++) {
      Kept<T> kept = places.getAcquire(i);
      if (kept != null && isSame(kept.token, token)) {
        return kept.value;
      }
    }
    return null;
  }

  private int firstPlace(byte[] token) {
    return (int) (((long) EIGHT.get(token, 0) * factor) >>> shift) & -WAYS;
  }

  /** Compares to the end, wherever the first difference is. */
  private static boolean isSame(byte @Nullable [] token, byte[] other) {
    if (token == null) {
      return false;
    }
    long difference = difference(token, other, LENGTH - Long.BYTES);
    for (int i = 0; i < LENGTH - Long.BYTES; i += Long.BYTES) {
      difference |= difference(token, other, i);
    }
    return difference == 0;
  }

  private static long difference(byte[] token, byte[] other, int from) {
    return (long) EIGHT.get(token, from) ^ (long) EIGHT.get(other, from);
  }

  private @Nullable T findByHash(byte[] token) {
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
    if (kept.token == null) {
      kept.token = token.clone();
    }
    place(kept, token);
    if (kept.removed) { // what removed it may have looked before it was there
      clear(kept, token);
    }
    return kept.value;
  }

  /** Where a neighbour is free, or in the place of always the same one: the others stay. */
  private void place(Kept<T> kept, byte[] token) {
    int first = firstPlace(token);
    for (int i = first; i < first + WAYS; i++) {
      Kept<T> there = places.get(i);
      if (there == kept || (there == null && places.compareAndSet(i, null, kept))) {
        return;
      }
    }
    places.set(first, kept);
  }

  private void clear(Kept<T> kept, byte[] token) {
    int first = firstPlace(token);
    for (int i = first; i < first + WAYS; i++) {
      places.compareAndSet(i, kept, null);
    }
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
    byte[] token = kept.token;
    if (token != null) {
      clear(kept, token);
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
