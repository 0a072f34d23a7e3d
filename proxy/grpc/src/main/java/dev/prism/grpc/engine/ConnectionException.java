package dev.prism.grpc.engine;

/** The peer broke the connection's rules: it gets a GOAWAY and the connection ends. */
final class ConnectionException extends Exception {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  /**
   * @param message for the peer's log; nothing of ours that it should not know
   */
  ConnectionException(ErrorCode code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  ErrorCode code() {
    return code;
  }

  String text() {
    String message = getMessage();
    return message == null ? code.name() : message;
  }
}
