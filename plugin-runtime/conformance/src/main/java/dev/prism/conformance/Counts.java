package dev.prism.conformance;

/**
 * How often tests repeat what gains by repetition: as often as their issue asks with {@code ./prism
 * test --full}, and a part of that otherwise, so that all tests together stay short enough to run
 * before each change lands.
 */
public final class Counts {
  private static final boolean FULL = Boolean.getBoolean("prism.test.full");

  private Counts() {}

  /**
   * How often to repeat something.
   *
   * @param full with {@code --full}
   * @param usual without
   */
  public static int of(int full, int usual) {
    return FULL ? full : usual;
  }
}
