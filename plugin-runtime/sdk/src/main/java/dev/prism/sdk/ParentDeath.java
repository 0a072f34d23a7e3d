package dev.prism.sdk;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * Ends this process with the one that started it, even while it is stopped and cannot read the end
 * of its standard input (hazard 18). Linux only; elsewhere the end of standard input has to do.
 */
final class ParentDeath {
  private static final int PR_SET_PDEATHSIG = 1;
  private static final long SIGKILL = 9;

  private ParentDeath() {}

  /**
   * Asks the kernel for SIGKILL when the thread that started this process ends.
   *
   * @return whether the kernel will do so
   */
  static boolean kills() {
    if (!System.getProperty("os.name", "").equals("Linux")) {
      return false;
    }
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> prctl = linker.defaultLookup().find("prctl");
    if (prctl.isEmpty()) {
      return false;
    }
    MethodHandle call =
        linker.downcallHandle(
            prctl.get(),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG),
            Linker.Option.firstVariadicArg(1));
    try {
      return (int) call.invokeExact(PR_SET_PDEATHSIG, SIGKILL, 0L, 0L, 0L) == 0;
    } catch (Throwable e) { // what invokeExact declares; prctl itself throws nothing
      throw new LinkageError("prctl cannot be called", e);
    }
  }
}
