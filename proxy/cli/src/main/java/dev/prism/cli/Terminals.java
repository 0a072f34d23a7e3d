package dev.prism.cli;

/**
 * Which of the process's output streams a person is at. Java can only tell whether all of them are
 * a terminal, so the launcher says it, as the numbers of those that are: {@code
 * -Dprism.terminals=12}.
 */
final class Terminals {
  private static final String NUMBERS = System.getProperty("prism.terminals", "");

  private Terminals() {}

  /** Whether results are printed for a person. */
  static boolean out() {
    return NUMBERS.contains("1");
  }

  /** Whether what is said besides is. */
  static boolean err() {
    return NUMBERS.contains("2");
  }
}
