package dev.prism.sdk.transact;

/** How {@link Transactor#begin} fared. */
public sealed interface Started {
  /** It runs. */
  record Open(Transaction transaction) implements Started {}

  /** One with this idempotency key has committed: nothing was begun. */
  record Replayed() implements Started {}

  /** The inbox knew the message: nothing was begun. */
  record AlreadyProcessed() implements Started {}
}
