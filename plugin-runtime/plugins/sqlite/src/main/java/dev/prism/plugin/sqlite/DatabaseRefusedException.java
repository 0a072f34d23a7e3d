package dev.prism.plugin.sqlite;

import dev.prism.sdk.PluginRefusedException;

/** The database cannot be served as it is; the message says which file, why, and what to do. */
public final class DatabaseRefusedException extends PluginRefusedException {
  private static final long serialVersionUID = 1L;

  /** The cases an operator handles differently. */
  public enum Cause {
    /** Another process serves this file. */
    IN_USE,
    /** Written by a newer version of Prism. */
    NEWER_VERSION,
    /** Damaged, or there was a database and it is gone. */
    DAMAGED,
    /** Not a database of Prism's. */
    FOREIGN,
    /** The directory or the file cannot be used: permissions, a path that is not a file. */
    UNUSABLE
  }

  private final Cause reason;

  DatabaseRefusedException(Cause reason, String message) {
    super(message);
    this.reason = reason;
  }

  DatabaseRefusedException(Cause reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Cause reason() {
    return reason;
  }
}
