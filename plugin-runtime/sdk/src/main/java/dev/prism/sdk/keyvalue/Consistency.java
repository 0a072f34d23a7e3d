package dev.prism.sdk.keyvalue;

/**
 * How fresh a read must be.
 *
 * @param level what the session asked for
 * @param maxStalenessMillis for BOUNDED_STALENESS, how old an answer may be; 0 otherwise
 */
public record Consistency(Level level, long maxStalenessMillis) {
  /** Sees every write acknowledged before it. */
  public static final Consistency STRONG = new Consistency(Level.STRONG, 0);

  /** RFC 3.2; from the weakest to the strongest. */
  public enum Level {
    EVENTUAL,
    BOUNDED_STALENESS,
    STRONG
  }
}
