package dev.prism.system;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonSyntaxException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Prints, of a test that failed, what the proxies and plugins of that time warned of: the files
 * with all that they logged are gone where only the build's output is kept.
 */
public final class LoggedBeforeFailure
    implements BeforeTestExecutionCallback, AfterTestExecutionCallback {
  private static final int MOST_LOGS = 4;
  private static final int MOST_LINES = 20;
  private static final int MOST_CHARS = 400;
  private static final Set<String> LEVELS = Set.of("WARN", "ERROR");
  private static final Deque<Path> LOGS = new ConcurrentLinkedDeque<>();

  /** By its service file, for every test of this module. */
  public LoggedBeforeFailure() {}

  /** A proxy was started that logs here. */
  static void to(Path log) {
    LOGS.addFirst(log);
    if (LOGS.size() > MOST_LOGS) {
      LOGS.removeLast();
    }
  }

  private static ExtensionContext.Store store(ExtensionContext context) {
    return context.getStore(
        ExtensionContext.Namespace.create(LoggedBeforeFailure.class, context.getUniqueId()));
  }

  @Override
  public void beforeTestExecution(ExtensionContext context) {
    store(context).put(Instant.class, Instant.now());
  }

  @Override
  public void afterTestExecution(ExtensionContext context) {
    Instant begun = store(context).get(Instant.class, Instant.class);
    if (context.getExecutionException().isPresent() && begun != null) {
      LOGS.forEach(log -> since(begun, log).forEach(System.out::println));
    }
  }

  /** The last of what a log has warned of since a second before then. */
  static List<String> since(Instant begun, Path log) {
    try (Stream<String> lines = Files.lines(log)) {
      List<String> found =
          lines
              .filter(line -> isWarning(line, begun.minusSeconds(1)))
              .map(line -> log.getFileName() + ": " + line)
              .map(line -> line.substring(0, Math.min(line.length(), MOST_CHARS)))
              .toList();
      return found.subList(Math.max(0, found.size() - MOST_LINES), found.size());
    } catch (IOException | UncheckedIOException e) {
      return List.of(log + " cannot be read: " + e.getMessage());
    }
  }

  private static boolean isWarning(String line, Instant since) {
    if (!line.startsWith("{")) {
      return !line.isBlank(); // a virtual machine's own words
    }
    try {
      JsonObject entry = JsonParser.parseString(line).getAsJsonObject();
      return LEVELS.contains(entry.get("level").getAsString())
          && !Instant.parse(entry.get("time").getAsString()).isBefore(since);
    } catch (JsonSyntaxException beingWritten) {
      return false;
    }
  }
}
