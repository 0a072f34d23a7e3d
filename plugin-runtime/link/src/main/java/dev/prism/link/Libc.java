package dev.prism.link;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
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

/**
 * The few calls of Linux's C library that Java has no API for. Loaded on Linux only, on x86-64 and
 * aarch64.
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

  private static final int O_RDWR = 0x2;
  private static final int O_CLOEXEC = 0x80000;
  private static final int SEEK_END = 2;
  private static final long FUTEX_WAIT = 0;
  private static final long FUTEX_WAKE = 1;

  /** The futex system call's number: by architecture, not one for all (hazard 17). */
  private static final long SYS_FUTEX =
      switch (System.getProperty("os.arch", "")) {
        case "amd64" -> 202;
        case "aarch64" -> 98;
        default -> -1;
      };

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CAPTURE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private static final MethodHandle MEMFD_CREATE =
      handle("memfd_create", -1, FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle FTRUNCATE =
      handle("ftruncate", -1, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
  private static final MethodHandle FCNTL =
      handle("fcntl", 2, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle OPEN =
      handle("open", 2, FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
  private static final MethodHandle CLOSE =
      handle("close", -1, FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle LSEEK =
      handle("lseek", -1, FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));
  private static final FunctionDescriptor SYSCALL =
      FunctionDescriptor.of(
          JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle WAIT = handle("syscall", 1, SYSCALL);

  /** Without errno, which would cost an allocation a wake; a valid address cannot fail. */
  private static final MethodHandle WAKE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("syscall"),
          SYSCALL,
          Linker.Option.firstVariadicArg(1));

  private Libc() {}

  /** Whether this machine's futex is known. */
  static boolean hasFutex() {
    return SYS_FUTEX >= 0;
  }

  private static MethodHandle handle(String name, int firstVariadic, FunctionDescriptor function) {
    MemorySegment symbol = LINKER.defaultLookup().findOrThrow(name);
    Linker.Option errno = Linker.Option.captureCallState("errno");
    return firstVariadic < 0
        ? LINKER.downcallHandle(symbol, function, errno)
        : LINKER.downcallHandle(
            symbol, function, errno, Linker.Option.firstVariadicArg(firstVariadic));
  }

  /** Room for one thread's errno and futex timeout. */
  static final class Scratch {
    final MemorySegment capture;
    final MemorySegment timespec;

    Scratch(Arena arena) {
      capture = arena.allocate(CAPTURE);
      timespec = arena.allocate(16, 8);
    }

    int errno() {
      return (int) ERRNO.get(capture, 0L);
    }
  }

  @FunctionalInterface
  private interface Call {
    long invoke(Arena arena, MemorySegment capture) throws Throwable;
  }

  private static long call(String name, Call call) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      Scratch scratch = new Scratch(arena);
      long result;
      try {
        result = call.invoke(arena, scratch.capture);
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
      if (result < 0) {
        throw new IOException(name + " failed: errno " + scratch.errno());
      }
      return result;
    }
  }

  /** An anonymous file of {@code bytes} that can neither shrink nor grow; its descriptor. */
  static int sealedMemory(String name, long bytes) throws IOException {
    int fd =
        (int)
            call(
                "memfd_create",
                (arena, errno) ->
                    (int)
                        MEMFD_CREATE.invokeExact(
                            errno, arena.allocateFrom(name), MFD_CLOEXEC | MFD_ALLOW_SEALING));
    try {
      call("ftruncate", (arena, errno) -> (int) FTRUNCATE.invokeExact(errno, fd, bytes));
      call(
          "fcntl(F_ADD_SEALS)",
          (arena, errno) -> (int) FCNTL.invokeExact(errno, fd, F_ADD_SEALS, SEALS));
      return fd;
    } catch (IOException e) {
      close(fd);
      throw e;
    }
  }

  /** The seals of an open file; fails where the file is no memory file. */
  static int seals(int fd) throws IOException {
    return (int)
        call(
            "fcntl(F_GET_SEALS)",
            (arena, errno) -> (int) FCNTL.invokeExact(errno, fd, F_GET_SEALS, 0));
  }

  static int open(String path) throws IOException {
    return (int)
        call(
            "open",
            (arena, errno) ->
                (int) OPEN.invokeExact(errno, arena.allocateFrom(path), O_RDWR | O_CLOEXEC, 0));
  }

  static long size(int fd) throws IOException {
    return call("lseek", (arena, errno) -> (long) LSEEK.invokeExact(errno, fd, 0L, SEEK_END));
  }

  static void close(int fd) throws IOException {
    call("close", (arena, errno) -> (int) CLOSE.invokeExact(errno, fd));
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
    try {
      long result =
          (long)
              WAIT.invokeExact(
                  scratch.capture,
                  SYS_FUTEX,
                  address,
                  FUTEX_WAIT,
                  (long) expected,
                  scratch.timespec.address(),
                  0L,
                  0L);
      return result == 0 ? 0 : scratch.errno();
    } catch (Throwable e) {
      throw new IllegalStateException("futex", e);
    }
  }

  /** Wakes whoever waits on the word at {@code address}. Never waits; any thread. */
  static void futexWake(long address) {
    long result;
    try {
      result = (long) WAKE.invokeExact(SYS_FUTEX, address, FUTEX_WAKE, 1L, 0L, 0L, 0L);
    } catch (Throwable e) {
      throw new IllegalStateException("futex", e);
    }
    if (result < 0) {
      throw new IllegalStateException("futex wake failed");
    }
  }
}
