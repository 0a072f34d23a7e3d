package dev.prism.sdk.transact;

/** What other transactions may do to one that runs. */
public enum Isolation {
  /** Each step sees what was committed before it. */
  READ_COMMITTED,
  /** All steps see what was committed before the first. */
  REPEATABLE_READ,
  /** As if one transaction ran after the other. */
  SERIALIZABLE
}
