package dev.prism.plugin.dynamodb;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;

/** Etags that no other process and no other time gives: a write is known again by its own. */
final class Etags {
  private static final int RANDOM_BYTES = 12;

  private final String process;
  private final AtomicLong next = new AtomicLong();

  Etags() {
    byte[] random = new byte[RANDOM_BYTES];
    new SecureRandom().nextBytes(random);
    this.process = HexFormat.of().formatHex(random);
  }

  String next() {
    return process + Long.toString(next.incrementAndGet(), Character.MAX_RADIX);
  }
}
