package dev.prism.proxy;

/**
 * Why a server does not start. The message is one line for a person, and says what is to be seen
 * to.
 */
public final class ServerStartException extends Exception {
  private static final long serialVersionUID = 1L;

  ServerStartException(String message, Throwable cause) {
    super(message, cause);
  }
}
