package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code ./prism pubsub} as people and scripts use it. */
@Tag("system")
class PubSubCommandTest {
  private static Prism prism;

  @BeforeAll
  static void start() throws Exception {
    prism = Prism.up(Prism.newDirectory("pubsub-command"));
  }

  @AfterAll
  static void stop() {
    prism.close();
  }

  @Test
  void whoListensToAPatternPrintsTopicAndPayload() throws Exception {
    // Given
    try (Listening listening = new Listening("orders.*", "--max", "2")) {
      // When
      pubSub("publish", "orders.eu", "one");
      pubSub("publish", "other.eu", "not for it");
      pubSub("publish", "orders.us", "tab\there");

      // Then
      assertThat(listening.line()).isEqualTo("orders.eu\tone");
      assertThat(listening.line()).isEqualTo("orders.us\ttab\\there");
      assertThat(listening.status()).isZero();
    }
  }

  @Test
  void jsonHasWhatCameWithTheEvent() throws Exception {
    // Given
    try (Listening listening = new Listening("questions", "--max", "1", "--json")) {
      // When
      pubSub(
          "publish",
          "questions",
          "how many",
          "--header",
          "source=shop",
          "--reply-to",
          "answers",
          "--correlation-id",
          "7");

      // Then
      assertThat(listening.line())
          .contains("\"topic\":\"questions\"", "\"correlationId\":\"7\"", "\"replyTo\":\"answers\"")
          .contains("\"source\"");
    }
  }

  @Test
  void eachLineIsAnEventInItsOrder() throws Exception {
    // Given
    List<String> lines = IntStream.range(0, 3000).mapToObj(Integer::toString).toList();
    Path input = Files.write(Prism.newDirectory("events").resolve("input"), lines);
    try (Listening listening =
        new Listening("numbers", "--raw", "--max", "3000", "--buffer", "3000")) {
      // When
      Prism.Ended published = Prism.run(input, with("publish", "numbers"));

      // Then
      assertThat(published.status()).as(published.err()).isZero();
      assertThat(published.err()).contains("3,000 events in ");
      for (String line : lines) {
        assertThat(listening.line()).isEqualTo(line);
      }
    }
  }

  @Test
  void aPatternThatIsNoneIsRefusedInOneLine() throws Exception {
    Prism.Ended refused = pubSub("subscribe", "a.>.b");

    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.err()).contains("TOPIC_INVALID");
  }

  @Test
  void aSignalEndsIt() throws Exception {
    // Given
    try (Listening listening = new Listening("quiet")) {
      // When
      Signals.send("TERM", listening.process.pid());

      // Then
      assertThat(listening.process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  /** A command that listens, once its subscription is in force. */
  private static final class Listening implements AutoCloseable {
    final Process process;
    private final BufferedReader out;

    Listening(String... words) throws Exception {
      List<String> command = new ArrayList<>(List.of(Prism.HOME.resolve("prism").toString()));
      List<String> arguments = new ArrayList<>(List.of("subscribe"));
      arguments.addAll(List.of(words));
      command.addAll(List.of(with(arguments.toArray(String[]::new))));
      long before = listening();
      process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      out = process.inputReader();
      Await.until("it listens", Duration.ofSeconds(20), () -> listening() > before);
    }

    /** How many subscriptions the memory plugin has. */
    private static long listening() {
      try {
        return prism
            .metrics()
            .lines()
            .filter(
                line -> line.startsWith("prism_plugin_queue_depth") && line.contains("listening"))
            .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
            .sum();
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }

    String line() throws IOException {
      return out.readLine();
    }

    int status() throws InterruptedException {
      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
      return process.exitValue();
    }

    @Override
    public void close() throws IOException, InterruptedException {
      process.destroyForcibly().waitFor();
      out.close();
    }
  }

  private static Prism.Ended pubSub(String... words) throws Exception {
    return Prism.run(with(words));
  }

  private static String[] with(String... words) {
    List<String> command = new ArrayList<>(List.of("pubsub"));
    command.addAll(List.of(words));
    command.addAll(List.of("--endpoint", prism.endpoint()));
    return command.toArray(String[]::new);
  }
}
