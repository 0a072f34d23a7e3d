package dev.prism.sdk;

/**
 * The plugin cannot serve as things are, and starting it again does not help: a variable is wrong,
 * its data is damaged, of a newer version, or held by another process. The process ends with {@link
 * PluginMain#EXIT_CONFIG} and the message, which is for an operator: what is wrong and what to do,
 * without secrets.
 */
public class PluginRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public PluginRefusedException(String message) {
    super(message);
  }

  public PluginRefusedException(String message, Throwable cause) {
    super(message, cause);
  }
}
