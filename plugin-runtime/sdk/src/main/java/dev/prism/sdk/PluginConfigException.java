package dev.prism.sdk;

/**
 * A variable of the environment that is missing or wrong. The message names the variable, never a
 * secret's value, and says what would be right.
 */
public final class PluginConfigException extends PluginRefusedException {
  private static final long serialVersionUID = 1L;

  private final String variable;

  public PluginConfigException(String variable, String problem) {
    super(variable + ": " + problem);
    this.variable = variable;
  }

  /** The variable's name. */
  public String variable() {
    return variable;
  }
}
