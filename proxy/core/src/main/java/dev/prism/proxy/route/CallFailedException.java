package dev.prism.proxy.route;

import com.google.rpc.Status;

/** A call has no answer but a status. It records no stack trace: it is part of ordinary traffic. */
public final class CallFailedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Status status;

  public CallFailedException(Status status) {
    super(status.getMessage(), null, false, false);
    this.status = status;
  }

  /** What the client is told. */
  public Status status() {
    return status;
  }
}
