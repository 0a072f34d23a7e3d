package dev.prism.proxy.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Passes on what a plugin process writes, line by line and unchanged (its lines are JSON logs
 * already), and remembers the last one: it usually says why the process ended. One thread reads;
 * {@link #lastLine} is safe for any.
 */
final class PluginOutput implements Runnable {
  /** A longer line is passed on in pieces, so that a plugin cannot fill the proxy's memory. */
  static final int LONGEST_LINE = 16 * 1024;

  private final InputStream from;
  private final OutputStream to;
  private volatile String lastLine = "";

  PluginOutput(InputStream from, OutputStream to) {
    this.from = from;
    this.to = to;
  }

  /** The last line that was not blank; empty before the first. */
  String lastLine() {
    return lastLine;
  }

  /** Runs until the process closes its output. */
  @Override
  public void run() {
    byte[] line = new byte[LONGEST_LINE];
    int length = 0;
    byte[] buffer = new byte[LONGEST_LINE];
    try (from) {
      for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
        for (int i = 0; i < read; i++) {
          if (buffer[i] != '\n') {
            line[length++] = buffer[i];
          }
          if (buffer[i] == '\n' || length == LONGEST_LINE) {
            pass(line, length);
            length = 0;
          }
        }
      }
    } catch (IOException closed) {
      // The pipe ends with the process, as end of file or as an error; the process's exit is what
      // is reported.
    }
    if (length > 0) {
      pass(line, length);
    }
  }

  private void pass(byte[] line, int length) {
    byte[] whole = new byte[length + 1];
    System.arraycopy(line, 0, whole, 0, length);
    whole[length] = '\n';
    String text = new String(line, 0, length, StandardCharsets.UTF_8).strip();
    if (!text.isEmpty()) {
      lastLine = text;
    }
    try {
      to.write(whole); // one write a line: lines of several plugins never mix
      to.flush();
    } catch (IOException e) {
      // Nobody reads the proxy's own log any more; the plugin's pipe still has to be emptied.
    }
  }
}
