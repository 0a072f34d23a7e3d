package dev.prism.proxy;

import dev.prism.grpc.TlsFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the TLS files read again when one of them has changed, so that a renewed certificate serves
 * new connections without a restart. Files that are not fit are reported, and the old ones stay.
 */
final class CertificateWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CertificateWatch.class);

  /** How often it looks: renewals are days apart, and both files need to be there. */
  private static final Duration PERIOD = Duration.ofSeconds(5);

  @FunctionalInterface
  interface Reload {
    void run() throws IOException;
  }

  private final TlsFiles files;
  private final Reload reload;
  private final Thread thread;

  CertificateWatch(TlsFiles files, Reload reload) throws IOException {
    this.files = files;
    this.reload = reload;
    List<FileTime> known = times();
    thread = Thread.ofVirtual().name("certificate-watch").start(() -> watch(known));
  }

  private void watch(List<FileTime> atStart) {
    List<FileTime> known = atStart;
    while (!Thread.currentThread().isInterrupted()) {
      try {
        Thread.sleep(PERIOD);
        List<FileTime> now = times();
        if (!now.equals(known)) {
          known = now;
          reload.run();
          LOG.info("new connections get the certificate of {}", files.certificateChain());
        }
      } catch (IOException e) {
        LOG.error("TLS files have changed and are not fit: {}", e.getMessage());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private List<FileTime> times() throws IOException {
    List<FileTime> times = new ArrayList<>();
    times.add(Files.getLastModifiedTime(files.certificateChain()));
    times.add(Files.getLastModifiedTime(files.privateKey()));
    Path authorities = files.clientAuthorities();
    if (authorities != null) {
      times.add(Files.getLastModifiedTime(authorities));
    }
    return times;
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
