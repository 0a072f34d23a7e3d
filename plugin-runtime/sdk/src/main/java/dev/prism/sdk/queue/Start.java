package dev.prism.sdk.queue;

import java.util.Map;

/** A place in a topic (contract 11). */
public sealed interface Start {
  /** The first message that there is. */
  record Earliest() implements Start {}

  /** After the last message that there is. */
  record Latest() implements Start {}

  /** Where the group stands; the earliest for one that has no position yet. */
  record Committed() implements Start {}

  /**
   * The first message written at this time or later; only where {@code SEEK_BY_TIME} is declared.
   */
  record Time(long millis) implements Start {}

  /**
   * Partition by partition, the offset of the next message or less. Partitions that are not named
   * begin at their earliest (in a seek: stay).
   */
  record Offsets(Map<Integer, Long> offsets) implements Start {}
}
