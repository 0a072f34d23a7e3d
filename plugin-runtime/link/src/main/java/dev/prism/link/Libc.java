package dev.prism.link;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The few calls of Linux that Java has no API for, on x86-64 and aarch64. All go through the C
 * library's {@code syscall}, by number: the Foreign Function API makes the code of one shape of
 * call at its first use, at a cost that a process's start would feel for each further shape.
 */
final class Libc {
  static final int EINTR = 4;
  static final int EAGAIN = 11;
  static final int ETIMEDOUT = 110;

  private static final int MFD_CLOEXEC = 0x1;
  private static final int MFD_ALLOW_SEALING = 0x2;
  private static final int F_ADD_SEALS = 1033;
  private static final int F_GET_SEALS = 1034;
  private static final int SEAL_SEAL = 0x1;
  private static final int SEAL_SHRINK = 0x2;
  private static final int SEAL_GROW = 0x4;

  /** No sealing further, no shrinking, no growing (hazard 11). */
  static final int SEALS = SEAL_SEAL | SEAL_SHRINK | SEAL_GROW;

  private static final int AT_FDCWD = -100;
  private static final int O_RDWR = 0x2;
  private static final int O_CLOEXEC = 0x80000;
  private static final int SEEK_END = 2;
  private static final long FUTEX_WAIT = 0;
  private static final long FUTEX_WAKE = 1;
  private static final long PR_SET_PDEATHSIG = 1;
  private static final long SIGKILL = 9;

  /** System call numbers: by architecture, not one for all (hazard 17). */
  private record Numbers(
      long memfdCreate,
      long ftruncate,
      long fcntl,
      long openat,
      long close,
      long lseek,
      long futex,
      long prctl) {
    static @Nullable Numbers of(String architecture) {
      return switch (architecture) {
        case "amd64" -> new Numbers(319, 77, 72, 257, 3, 8, 202, 157);
        case "aarch64" -> new Numbers(279, 46, 25, 56, 57, 62, 98, 167);
        default -> null;
      };
    }
  }

  private static final @Nullable Numbers NUMBERS =
      System.getProperty("os.name", "").equals("Linux")
          ? Numbers.of(System.getProperty("os.arch", ""))
          : null;

  private Libc() {}

  /** Whether this is a Linux whose system calls are known; nothing else may be called where not. */
  static boolean isKnown() {
    return NUMBERS != null;
  }

  private static Numbers numbers() {
    if (NUMBERS == null) {
      throw new IllegalStateException("no Linux whose system calls are known");
    }
    return NUMBERS;
  }

  /** Made at the first call, so that {@link #isKnown} can be asked anywhere. */
  private static final class Native {
    static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    static final VarHandle ERRNO =
        CAPTURE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    static final MethodHandle SYSCALL =
        Linker.nativeLinker()
            .downcallHandle(
                Linker.nativeLinker().defaultLookup().findOrThrow("syscall"),
                FunctionDescriptor.of(
                    JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                Linker.Option.firstVariadicArg(1),
                Linker.Option.captureCallState("errno"));

    /** Where wakes leave an errno that nobody reads: they share it, so that none allocates. */
    static final MemorySegment UNREAD = Arena.global().allocate(CAPTURE);
  }

  /** Room for one thread's errno and futex timeout. */
  static final class Scratch {
    final MemorySegment capture;
    final MemorySegment timespec;

    Scratch(Arena arena) {
      capture = arena.allocate(Native.CAPTURE);
      timespec = arena.allocate(16, 8);
    }

    int errno() {
      return (int) Native.ERRNO.get(capture, 0L);
    }
  }

  private static long syscall(
      MemorySegment errno, long number, long a, long b, long c, long d, long e) {
    try {
      return (long) Native.SYSCALL.invokeExact(errno, number, a, b, c, d, e);
    } catch (Throwable thrown) { // what invokeExact declares; a system call throws nothing
      throw new IllegalStateException("system call " + number, thrown);
    }
  }

  private static long call(String name, long number, long a, long b, long c, long d)
      throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      Scratch scratch = new Scratch(arena);
      long result = syscall(scratch.capture, number, a, b, c, d, 0);
      if (result < 0) {
        throw new IOException(name + " failed: errno " + scratch.errno());
      }
      return result;
    }
  }

  /** An anonymous file of {@code bytes} that can neither shrink nor grow; its descriptor. */
  static int sealedMemory(String name, long bytes) throws IOException {
    Numbers numbers = numbers();
    int fd;
    try (Arena arena = Arena.ofConfined()) {
      long text = arena.allocateFrom(name).address();
      long flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
      fd = (int) call("memfd_create", numbers.memfdCreate, text, flags, 0, 0);
    }
    try {
      call("ftruncate", numbers.ftruncate, fd, bytes, 0, 0);
      call("fcntl(F_ADD_SEALS)", numbers.fcntl, fd, F_ADD_SEALS, SEALS, 0);
      return fd;
    } catch (IOException e) {
      close(fd);
      throw e;
    }
  }

  /** The seals of an open file; fails where the file is no memory file. */
  static int seals(int fd) throws IOException {
    return (int) call("fcntl(F_GET_SEALS)", numbers().fcntl, fd, F_GET_SEALS, 0, 0);
  }

  static int open(String path) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      long text = arena.allocateFrom(path).address();
      return (int) call("open", numbers().openat, AT_FDCWD, text, O_RDWR | O_CLOEXEC, 0);
    }
  }

  static long size(int fd) throws IOException {
    return call("lseek", numbers().lseek, fd, 0, SEEK_END, 0);
  }

  static void close(int fd) throws IOException {
    call("close", numbers().close, fd, 0, 0, 0);
  }

  /** Has the kernel kill this process when the thread that started it ends. */
  static void dieWithParent() throws IOException {
    call("prctl(PR_SET_PDEATHSIG)", numbers().prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0);
  }

  /**
   * Waits while the word at {@code address} is {@code expected}. On a platform thread only: a
   * virtual one would pin its carrier.
   *
   * @return 0 when woken, else errno
   */
  static int futexWait(long address, int expected, long nanos, Scratch scratch) {
    scratch.timespec.set(JAVA_LONG, 0, nanos / 1_000_000_000L);
    scratch.timespec.set(JAVA_LONG, 8, nanos % 1_000_000_000L);
    long timeout = scratch.timespec.address();
    long result =
        syscall(scratch.capture, numbers().futex, address, FUTEX_WAIT, expected, timeout, 0);
    return result == 0 ? 0 : scratch.errno();
  }

  /** Wakes whoever waits on the word at {@code address}. Never waits; any thread. */
  static void futexWake(long address) {
    if (syscall(Native.UNREAD, numbers().futex, address, FUTEX_WAKE, 1, 0, 0) < 0) {
      throw new IllegalStateException("futex wake failed"); // a mapped address cannot
    }
  }
}
