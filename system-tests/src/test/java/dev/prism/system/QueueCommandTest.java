package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code ./prism queue} as people and scripts use it. */
@Tag("system")
class QueueCommandTest {
  private static Prism prism;

  @BeforeAll
  static void start() throws Exception {
    prism = Prism.up(Prism.newDirectory("queue-command"));
  }

  @AfterAll
  static void stop() {
    prism.close();
  }

  @Test
  void aMessageIsPublishedReadOnceByItsGroupAndCounted() throws Exception {
    // Given
    Prism.Ended published = queue("publish", "orders", "two of those", "--key", "c3");
    assertThat(published.out()).as(published.err()).isEqualTo("0\n");

    // When
    Prism.Ended first = queue("subscribe", "orders", "--group", "billing");
    Prism.Ended second = queue("subscribe", "orders", "--group", "billing");
    Prism.Ended alone = queue("subscribe", "orders", "--raw");
    Prism.Ended info = queue("info", "orders");

    // Then
    assertThat(first.out()).as(first.err()).isEqualTo("0\tc3\ttwo of those\n");
    assertThat(second.status()).isZero();
    assertThat(second.out()).isEmpty();
    assertThat(alone.out()).isEqualTo("two of those\n");
    assertThat(info.out().lines().map(line -> line.replaceAll(" +", " ")))
        .contains("billing 0 0 1 0 0");
  }

  @Test
  void eachLineIsAMessageAndTheyComeBackInTheirOrder() throws Exception {
    // Given
    List<String> lines = IntStream.range(0, 5000).mapToObj(Integer::toString).toList();
    Path input = Files.write(Prism.newDirectory("lines").resolve("input"), lines);

    // When
    Prism.Ended published = Prism.run(input, with("publish", "numbers", "--key", "k"));
    Prism.Ended read = queue("subscribe", "numbers", "--raw");

    // Then
    assertThat(published.status()).as(published.err()).isZero();
    assertThat(published.err()).contains("5,000 messages in ");
    assertThat(read.out().lines()).containsExactlyElementsOf(lines);
  }

  @Test
  void linesThatAreRefusedAreNamedWithTheReason() throws Exception {
    // Given
    Path input = Files.writeString(Prism.newDirectory("refused").resolve("input"), "a\nb");

    // When they are to wait for longer than a message may
    Prism.Ended published = Prism.run(input, with("publish", "refused", "--delay", "31d"));

    // Then
    assertThat(published.status()).isEqualTo(1);
    assertThat(published.err())
        .contains("line 1: INVALID_ARGUMENT FIELD_INVALID")
        .contains("line 2: INVALID_ARGUMENT FIELD_INVALID")
        .contains("0 messages");
  }

  @Test
  void aDeliveryThatIsLeftCanBeRejectedByItsReceipt() throws Exception {
    // Given
    queue("publish", "jobs", "broken");
    String delivery =
        queue("subscribe", "jobs", "--group", "g", "--max", "1", "--no-ack", "--json").out();
    String receipt = delivery.replaceFirst("(?s).*\"receipt\":\"([^\"]+)\".*", "$1");

    // When its stream has ended, the delivery has come back: the receipt is of no more use
    Prism.Ended late = queue("ack", "jobs", receipt, "--reject", "not a job");

    // Then
    assertThat(late.status()).isEqualTo(1);
    assertThat(late.err()).contains("RECEIPT_EXPIRED");
  }

  @Test
  void aGroupIsMovedAndReadsAgain() throws Exception {
    // Given
    queue("publish", "moved", "a");
    queue("publish", "moved", "b");
    assertThat(queue("subscribe", "moved", "--group", "g").out()).hasLineCount(2);

    // When
    Prism.Ended seek = queue("seek", "moved", "--group", "g", "--to", "0:1");

    // Then
    assertThat(seek.out()).as(seek.err()).isEqualTo("0:1\n");
    assertThat(queue("subscribe", "moved", "--group", "g", "--raw").out()).isEqualTo("b\n");
    assertThat(queue("seek", "moved", "--group", "g", "--to", "nowhere").err())
        .contains("is no place");
  }

  @Test
  void aSignalHasWhatWasPrintedAcknowledgedAndEndsIt() throws Exception {
    // Given a subscriber that follows
    Process follower = started("subscribe", "followed", "--group", "g", "--follow", "--raw");
    try (BufferedReader out = follower.inputReader()) {
      Await.until(
          "the group is there",
          java.time.Duration.ofSeconds(20),
          () -> {
            try {
              return queue("info", "followed").out().contains("g ");
            } catch (Exception e) {
              throw new IllegalStateException(e);
            }
          });
      queue("publish", "followed", "one");
      assertThat(out.readLine()).isEqualTo("one");

      // When (TERM, not INT as Ctrl-C sends it: a build in the background has its children ignore
      // that)
      Signals.send("TERM", follower.pid());

      // Then
      assertThat(follower.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(queue("subscribe", "followed", "--group", "g", "--raw").out()).isEmpty();
    } finally {
      follower.destroyForcibly();
    }
  }

  @Test
  void aTopicThatIsNotThereIsSaidInOneLineWithWhatToDo() throws Exception {
    Prism.Ended info = queue("info", "nowhere");

    assertThat(info.status()).isEqualTo(1);
    assertThat(info.err()).contains("TOPIC_NOT_FOUND").contains("published").hasLineCount(2);
  }

  private static Process started(String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of(Prism.HOME.resolve("prism").toString()));
    command.addAll(List.of(with(words)));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private static Prism.Ended queue(String... words) throws Exception {
    return Prism.run(with(words));
  }

  private static String[] with(String... words) {
    List<String> command = new ArrayList<>(List.of("queue"));
    command.addAll(List.of(words));
    command.addAll(List.of("--endpoint", prism.endpoint()));
    return command.toArray(String[]::new);
  }
}
