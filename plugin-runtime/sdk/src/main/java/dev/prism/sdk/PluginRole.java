package dev.prism.sdk;

/** What a plugin process does for its backend (RFC 6.1). */
public enum PluginRole {
  /** Produces messages to the backend. */
  PUBLISHER,
  /** Consumes messages from the backend. */
  CONSUMER,
  /** Processes operations: key-value, reads, transactions. */
  PROCESSOR,
  /** Listens for events of the backend. */
  LISTENER
}
