package dev.prism.proxy.plugin;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The ahead-of-time caches (JEP 483, 514) that make a JVM start in half the time: one file a class
 * path under {@code aot/} of the product, recorded by a training run of the build. A cache that is
 * absent is not asked for; one that does not fit the JDK or the jars is ignored by the JVM, and the
 * process starts as it would without.
 */
final class AotCache {
  /** Set in a training run: processes record their caches instead of using them. */
  private static final String RECORD = "PRISM_AOT_RECORD";

  private AotCache() {}

  /** Whether this is a training run: a process that ends then takes seconds to write its cache. */
  static boolean isRecording() {
    return System.getenv(RECORD) != null;
  }

  /** The JVM flags for a process of this class path: {@code proxy}, or a plugin's type. */
  static List<String> flags(Path home, String classPath) {
    Path cache = home.resolve("aot").resolve(classPath + ".aot");
    if (isRecording()) {
      return List.of("-XX:AOTCacheOutput=" + cache, "-Xlog:aot=off", "-Xlog:cds=off");
    }
    if (Files.isReadable(cache)) {
      return List.of("-XX:AOTCache=" + cache, "-Xlog:aot=off", "-Xlog:cds=off");
    }
    return List.of();
  }
}
