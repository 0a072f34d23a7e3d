package dev.prism.link;

/** The peer broke the protocol: the end of its incarnation, and of nothing else (hazard 12). */
final class ProtocolViolation extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ProtocolViolation(String message) {
    super(message);
  }

  ProtocolViolation(String message, Throwable cause) {
    super(message, cause);
  }
}
