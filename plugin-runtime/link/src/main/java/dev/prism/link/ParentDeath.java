package dev.prism.link;

import java.io.IOException;

/**
 * Ends this process with the one that started it, even while it is stopped and cannot read the end
 * of its standard input (hazard 18).
 */
public final class ParentDeath {
  private ParentDeath() {}

  /**
   * Asks the kernel for SIGKILL when the thread that started this process ends.
   *
   * @return whether it will come; where not, the end of standard input has to do
   */
  public static boolean kills() {
    if (!Libc.isKnown()) {
      return false;
    }
    try {
      Libc.dieWithParent();
      return true;
    } catch (IOException refused) {
      return false;
    }
  }
}
