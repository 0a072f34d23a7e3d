package dev.prism.link;

import com.google.rpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Why a call on a link has no answer. It records no stack trace: it is part of ordinary traffic.
 */
public final class LinkException extends Exception {
  private static final long serialVersionUID = 1L;

  /** The cases a caller can tell apart. */
  public enum Kind {
    /** The plugin answered with a status; {@link #status()} has it. */
    REMOTE,
    /**
     * The link or the plugin's byte budget is full; the call was not sent and may be sent again.
     */
    FULL,
    /** The message is larger than the peer takes; it was not sent. */
    TOO_LARGE,
    /** The deadline passed; a request already sent is cancelled, and its outcome is not known. */
    DEADLINE,
    /** The calling thread was interrupted; as DEADLINE otherwise. */
    CANCELLED,
    /** The link was down before the call was sent: sending it elsewhere is safe. */
    DOWN,
    /** The peer died after the call was sent: its outcome is not known. */
    PEER_DIED
  }

  private final Kind kind;
  private final transient @Nullable Status status;

  public LinkException(Kind kind, String message) {
    this(kind, message, null);
  }

  private LinkException(Kind kind, String message, @Nullable Status status) {
    super(message, null, false, false);
    this.kind = kind;
    this.status = status;
  }

  /** The plugin's own answer. */
  public static LinkException remote(Status status) {
    return new LinkException(Kind.REMOTE, status.getMessage(), status);
  }

  public Kind kind() {
    return kind;
  }

  /** The plugin's status; null unless the kind is {@link Kind#REMOTE}. */
  public @Nullable Status status() {
    return status;
  }
}
