package dev.prism.plugin.dynamodb;

/** Nothing in AWS's chain of providers has credentials: no request was sent. */
final class NoCredentialsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NoCredentialsException(Throwable cause) {
    super(cause.getMessage(), cause);
  }
}
