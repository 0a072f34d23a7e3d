package dev.prism.proxy.plugin;

/**
 * A plugin cannot run as it is configured, or not on the data it finds; the message is for the
 * operator.
 */
public final class PluginStartException extends Exception {
  private static final long serialVersionUID = 1L;

  /** With one line that says what is to be seen to. */
  public PluginStartException(String message) {
    super(message);
  }
}
