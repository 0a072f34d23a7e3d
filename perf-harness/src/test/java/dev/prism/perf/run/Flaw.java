package dev.prism.perf.run;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/**
 * A fault that somebody might build into the proxy, as a Java agent that puts it into the classes
 * of the shipped jars when they are loaded: what a gate is worth shows where it is broken.
 */
public enum Flaw {
  /** Five milliseconds on the way of each call. */
  SLEEP("dev/prism/proxy/service/UnaryCall", "answer"),
  /** As much again of garbage with each call as it has anyhow, and some more. */
  GARBAGE("dev/prism/proxy/service/UnaryCall", "answer"),
  /** A lock that all calls want, held for a moment. */
  LOCK("dev/prism/proxy/service/UnaryCall", "answer"),
  /** Of a thousand streams one is never let go of. */
  LEAK("dev/prism/grpc/engine/Host", "streamEnded");

  private static final long SLEEP_NANOS = 5_000_000;
  private static final int GARBAGE_BYTES = 4500;
  private static final long HELD_NANOS = 10_000;
  private static final long EACH = 1000;

  private static final AtomicLong CALLS = new AtomicLong();
  private static final ReentrantLock WANTED = new ReentrantLock();

  /** What was made last, so that it has to be made. */
  @SuppressWarnings("unused")
  private static volatile byte[] garbage = {};

  private final String type;
  private final String method;

  Flaw(String type, String method) {
    this.type = type;
    this.method = method;
  }

  /** The agent's beginning. */
  public static void premain(String name, Instrumentation instrumentation) {
    instrumentation.addTransformer(valueOf(name).transformer());
  }

  private ClassFileTransformer transformer() {
    return new ClassFileTransformer() {
      @Override
      public byte[] transform(
          ClassLoader loader, String name, Class<?> old, ProtectionDomain domain, byte[] bytes) {
        return type.equals(name) ? broken(bytes) : bytes;
      }
    };
  }

  private byte[] broken(byte[] bytes) {
    ClassFile file = ClassFile.of();
    CodeTransform atStart =
        CodeTransform.ofStateful(
            () -> {
              AtomicLong elements = new AtomicLong();
              return (code, element) -> {
                if (elements.getAndIncrement() == 0) {
                  code.invokestatic(
                      ClassDesc.of(Flaw.class.getName()),
                      name().toLowerCase(Locale.ROOT),
                      MethodTypeDesc.of(ConstantDescs.CD_boolean));
                  if (this == LEAK) {
                    code.ifThen(then -> then.return_());
                  } else {
                    code.pop();
                  }
                }
                code.with(element);
              };
            });
    return file.transformClass(
        file.parse(bytes),
        ClassTransform.transformingMethods(
            this::isTheOne, MethodTransform.transformingCode(atStart)));
  }

  private boolean isTheOne(MethodModel each) {
    return each.methodName().equalsString(method);
  }

  /** Called at the beginning of the broken method. */
  public static boolean sleep() {
    LockSupport.parkNanos(SLEEP_NANOS);
    return false;
  }

  /** Called at the beginning of the broken method. */
  public static boolean garbage() {
    garbage = new byte[GARBAGE_BYTES];
    return false;
  }

  /** Called at the beginning of the broken method. */
  public static boolean lock() {
    WANTED.lock();
    try {
      for (long end = System.nanoTime() + HELD_NANOS; System.nanoTime() - end < 0; ) {
        Thread.onSpinWait();
      }
    } finally {
      WANTED.unlock();
    }
    return false;
  }

  /** Called at the beginning of the broken method, which does nothing where this is true. */
  public static boolean leak() {
    return CALLS.incrementAndGet() % EACH == 0;
  }

  /** The environment of a proxy that is broken so. */
  Map<String, String> environment(Path folder) throws IOException {
    Path jar = folder.resolve("flaw.jar");
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(new Attributes.Name("Premain-Class"), Flaw.class.getName());
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file, manifest)) {
      for (Class<?> each : new Class<?>[] {Flaw.class, transformer().getClass()}) {
        String entry = each.getName().replace('.', '/') + ".class";
        out.putNextEntry(new JarEntry(entry));
        try (InputStream in = Flaw.class.getClassLoader().getResourceAsStream(entry)) {
          out.write(Objects.requireNonNull(in, entry).readAllBytes());
        }
      }
    }
    String agent = "-javaagent:" + jar + "=" + name();
    return Map.of("JAVA_TOOL_OPTIONS", agent);
  }
}
