package dev.prism.proxy.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Resident memory of a process, as the kernel tells it. */
public final class ProcessMemory {
  private ProcessMemory() {}

  /** Bytes; 0 where the system has no {@code /proc} or the process is gone. */
  public static long residentBytes(long pid) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
        if (line.startsWith("VmRSS:")) { // "VmRSS:     61320 kB"
          return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
        }
      }
    } catch (IOException gone) {
      return 0;
    }
    return 0;
  }
}
