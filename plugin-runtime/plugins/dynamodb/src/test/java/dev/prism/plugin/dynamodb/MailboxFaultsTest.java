package dev.prism.plugin.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.plugin.dynamodb.Interposed.Fault;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.rows.Values;
import dev.prism.sdk.transact.Outgoing;
import dev.prism.sdk.transact.Settlement;
import dev.prism.sdk.transact.SettlementResult;
import dev.prism.sdk.transact.TableWrite;
import dev.prism.sdk.transact.WriteUnit;
import dev.prism.status.Reason;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Mailboxes where answers are lost, processes die, and several write and read. */
@Tag("conformance")
class MailboxFaultsTest extends TransactorFixture {
  private static final Fault LOST = new Fault.LostAnswer();

  private String mailbox;

  @BeforeEach
  void newMailbox() {
    mailbox = "m-" + UUID.randomUUID();
  }

  private Outgoing message(String key, String id, byte[] payload) {
    return new Outgoing(
        mailbox, id, new Message(key.getBytes(StandardCharsets.UTF_8), List.of(), payload, 0));
  }

  private Outgoing message(String key, String id) {
    return message(key, id, id.getBytes(StandardCharsets.UTF_8));
  }

  private static WriteUnit with(List<Outgoing> messages, TableWrite... writes) {
    return new WriteUnit(List.of(writes), messages, null, null, null, _ -> new byte[0]);
  }

  private void send(DynamoTransactor by, Outgoing... messages) {
    by.write("n", with(List.of(messages)), millis(9000));
  }

  private static List<Delivery> poll(Consumer reader, int most, long millis) {
    return reader.poll(most, 16 << 20, TimeUnit.MILLISECONDS.toNanos(millis));
  }

  private static Delivery next(Consumer reader) {
    List<Delivery> found = poll(reader, 1, 5000);
    assertThat(found).hasSize(1);
    return found.getFirst();
  }

  private static AckResult settle(DynamoTransactor by, Delivery delivery, Ack.Outcome outcome) {
    Settlement settlement =
        new Settlement(List.of(new Ack(delivery.receipt(), outcome)), null, _ -> new byte[0]);
    SettlementResult result = by.acknowledge("n", List.of(settlement)).getFirst();
    return ((SettlementResult.Settled) result).results().getFirst();
  }

  private static AckResult done(DynamoTransactor by, Delivery delivery) {
    return settle(by, delivery, new Ack.Outcome.Done());
  }

  private static final AckResult TAKEN = new AckResult.Taken(0);

  /** What the table has of the mailbox. */
  private long items() {
    return rows
        .tables()
        .client()
        .scanPaginator(scan -> scan.tableName("prism").consistentRead(true))
        .items()
        .stream()
        .map(item -> item.get(ItemAttributes.PARTITION))
        .map(AttributeValue::b)
        .filter(partition -> partition.asString(StandardCharsets.ISO_8859_1).contains(mailbox))
        .count();
  }

  @Test
  void ofAMessageThatIsDoneNothingIsLeftButTheHeadOfItsKey() {
    byte[] large = new byte[1 << 20];
    large[large.length - 1] = 7;
    send(transactor, message("k", "large", large), message("", "small"));
    try (Consumer reader = transactor.read("n", mailbox, 30_000)) {
      List<Delivery> both = poll(reader, 2, 5000);
      assertThat(both).hasSize(2);
      assertThat(items()).isGreaterThan(5);

      both.forEach(each -> assertThat(done(transactor, each)).isEqualTo(TAKEN));
    }

    assertThat(items()).isEqualTo(1);
  }

  @Test
  void whatOneProcessWritesAnotherReadsInTheOrderOfItsKey() throws Exception {
    int each = 12;
    List<Long> sequences = Collections.synchronizedList(new ArrayList<>());
    List<String> read = new ArrayList<>();
    List<String> written = new ArrayList<>();
    try (DynamoTransactor other = newTransactor();
        Consumer reader = newReader(other)) {
      List<Thread> writers = new ArrayList<>();
      for (DynamoTransactor by : List.of(transactor, other)) {
        String name = by == other ? "b" : "a";
        for (int i = 0; i < each; i++) {
          written.add(name + i);
        }
        writers.add(
            Thread.startVirtualThread(
                () -> {
                  for (int i = 0; i < each; i++) {
                    send(by, message("k", name + i));
                  }
                }));
      }

      while (read.size() < 2 * each) {
        Delivery next = next(reader);
        sequences.add(next.stored().offset());
        read.add(next.stored().messageId());
        assertThat(done(other, next)).isEqualTo(TAKEN);
      }
      for (Thread writer : writers) {
        writer.join();
      }
    }

    assertThat(read).containsExactlyInAnyOrderElementsOf(written);
    assertThat(sequences).isSorted();
    assertThat(read.stream().filter(id -> id.startsWith("a")))
        .containsExactlyElementsOf(written.subList(0, each));
    assertThat(read.stream().filter(id -> id.startsWith("b")))
        .containsExactlyElementsOf(written.subList(each, 2 * each));
  }

  private Consumer newReader(DynamoTransactor by) {
    return by.read("n", mailbox, 30_000);
  }

  @Test
  void whatAProcessHadThatDiedComesBackInItsTimeAndItsReceiptExpires() {
    send(transactor, message("k", "first"), message("k", "second"));
    Delivery before = next(transactor.read("n", mailbox, 1000)); // never closed

    try (DynamoTransactor other = newTransactor();
        Consumer reader = newReader(other)) {
      Delivery again = next(reader);

      assertThat(again.stored().messageId()).isEqualTo("first");
      assertThat(again.attempt()).isEqualTo(2);
      assertThat(done(transactor, before)).isInstanceOf(AckResult.Failed.class);
      assertThat(done(transactor, again)).isEqualTo(TAKEN); // whichever process is told
      assertThat(next(reader).stored().messageId()).isEqualTo("second");
    }
  }

  @Test
  void aMessageWhoseWriteWasNotAnsweredIsThereOnce() {
    between.next(SEND, LOST);

    transactor.write(
        "n", with(List.of(message("k", "once")), insert("with it", Values.of(1))), millis(5000));

    assertThat(row("with it")).isNotNull();
    try (Consumer reader = newReader(transactor)) {
      assertThat(done(transactor, next(reader))).isEqualTo(TAKEN);
      assertThat(poll(reader, 10, 100)).isEmpty();
    }
  }

  @Test
  void anAcknowledgementThatWasNotAnsweredIsTaken() {
    send(transactor, message("k", "first"), message("k", "second"));
    try (Consumer reader = newReader(transactor)) {
      Delivery first = next(reader);
      between.next(SEND, LOST);

      assertThat(done(transactor, first)).isEqualTo(TAKEN);

      assertThat(next(reader).stored().messageId()).isEqualTo("second");
    }
  }

  @Test
  void aDeliveryOfWhichNobodyKnowsComesBackInItsTime() {
    send(transactor, message("k", "first"));
    try (Consumer reader = transactor.read("n", mailbox, 1000)) {
      between.next("PutItem", LOST);
      assertFails(Reason.BACKEND_UNAVAILABLE, () -> poll(reader, 1, 0));

      Delivery again = next(reader);

      assertThat(again.attempt()).isEqualTo(2);
      assertThat(done(transactor, again)).isEqualTo(TAKEN);
    }
  }

  @Test
  void acknowledgementsWithAKeyThatFindNoRoomEndInTime() {
    send(transactor, message("k", "first"));
    try (Consumer reader = newReader(transactor)) {
      Delivery first = next(reader);
      between.next(SEND, times(100, new Fault.Cancelled("ThrottlingError", "slow")));
      Settlement settlement =
          new Settlement(
              List.of(new Ack(first.receipt(), new Ack.Outcome.Done())), once(), _ -> new byte[0]);

      SettlementResult result = transactor.acknowledge("n", List.of(settlement)).getFirst();

      assertThat(result).isInstanceOf(SettlementResult.Failed.class);
    }
  }

  @Test
  void whatWasExtendedComesBackAtOnceWhenItsReaderGoes() {
    send(transactor, message("k", "first"));
    try (Consumer reader = transactor.read("n", mailbox, 1000)) {
      settle(transactor, next(reader), new Ack.Outcome.Extended(60_000));
      assertThat(poll(reader, 1, 1500)).isEmpty(); // longer than it had at first
    }

    try (Consumer another = newReader(transactor)) {
      assertThat(next(another).attempt()).isEqualTo(2);
    }
  }

  @Test
  void ofAcknowledgementsOfOneDeliveryAtTheSameTimeOneIsTaken() {
    send(transactor, message("k", "first"), message("k", "second"));
    try (Consumer reader = newReader(transactor)) {
      Delivery first = next(reader);
      Settlement settlement =
          new Settlement(
              Collections.nCopies(4, new Ack(first.receipt(), new Ack.Outcome.Done())),
              null,
              _ -> new byte[0]);

      SettlementResult result = transactor.acknowledge("n", List.of(settlement)).getFirst();

      Stream<AckResult> results = ((SettlementResult.Settled) result).results().stream();
      assertThat(results.filter(TAKEN::equals)).hasSize(1);
      assertThat(next(reader).stored().messageId()).isEqualTo("second");
    }
  }

  @Test
  void manyWritersOfOneKeyAllGetTheirTurn() throws Exception {
    int writers = 16;
    int each = 5;
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < writers; i++) {
      int writer = i;
      threads.add(
          Thread.startVirtualThread(
              () -> {
                for (int j = 0; j < each; j++) {
                  send(transactor, message("k", writer + "-" + j));
                }
              }));
    }
    List<String> read = new ArrayList<>();
    try (Consumer reader = newReader(transactor)) {
      while (read.size() < writers * each) {
        Delivery next = next(reader);
        read.add(next.stored().messageId());
        assertThat(done(transactor, next)).isEqualTo(TAKEN);
      }
    }
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(read).doesNotHaveDuplicates();
  }

  @Test
  void aMessageOfAKeyThatIsKnownTakesThreeRequests() {
    int messages = 20;
    try (Consumer reader = newReader(transactor)) {
      send(transactor, message("k", "first"));
      done(transactor, next(reader));
      Map<String, Integer> before = requests();
      long begun = System.nanoTime();

      for (int i = 0; i < messages; i++) {
        send(transactor, message("k", "m" + i));
        assertThat(done(transactor, next(reader))).isEqualTo(TAKEN);
      }

      long looks = 1 + (System.nanoTime() - begun) / TimeUnit.MILLISECONDS.toNanos(250);
      Map<String, Integer> after = requests();
      after.replaceAll((operation, count) -> count - before.get(operation));
      assertThat(after).containsEntry(SEND, 2 * messages).containsEntry("PutItem", messages);
      assertThat(after.get("Query")).isLessThanOrEqualTo((int) looks);
      assertThat(after.get("GetItem")).as("after a look").isLessThanOrEqualTo((int) looks);
    }
  }

  private Map<String, Integer> requests() {
    Map<String, Integer> counts = new HashMap<>();
    for (String operation : List.of(SEND, "PutItem", "Query", "GetItem")) {
      counts.put(operation, between.requests(operation).size());
    }
    return counts;
  }

  @Test
  void whatAnotherProcessHasWrittenIsReadWhileThisOneIsHandedItsOwn() throws Exception {
    List<String> read = new ArrayList<>();
    try (DynamoTransactor other = newTransactor();
        Consumer reader = newReader(transactor)) {
      send(other, message("", "the other's"));
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);

      for (int i = 0; !read.contains("the other's") && System.nanoTime() < end; i++) {
        send(transactor, message("", "own " + i));
        read.add(next(reader).stored().messageId());
      }
    }

    assertThat(read).contains("the other's");
  }

  @Test
  void aDeliveryThatAnotherProcessHasAcknowledgedIsNotTakenAgain() {
    send(transactor, message("k", "first"));
    try (DynamoTransactor other = newTransactor();
        Consumer reader = newReader(transactor)) {
      Delivery first = next(reader);
      assertThat(done(other, first)).isEqualTo(TAKEN);

      AckResult again = done(transactor, first);

      assertThat(again).isInstanceOf(AckResult.Failed.class);
      send(transactor, message("k", "second")); // whatever it supposes of the key
      assertThat(done(transactor, next(reader))).isEqualTo(TAKEN);
    }
    assertThat(items()).isEqualTo(1);
  }

  @Test
  void whatStandsBehindAMessageIsDeliveredOnceThatIsDone() {
    send(transactor, message("k", "first"));
    try (Consumer reader = newReader(transactor)) {
      Delivery first = next(reader);
      send(transactor, message("k", "second"));
      assertThat(poll(reader, 1, 400)).isEmpty();

      assertThat(done(transactor, first)).isEqualTo(TAKEN);

      assertThat(next(reader).stored().messageId()).isEqualTo("second");
    }
  }

  /** A reader that waits for what comes. */
  private static Future<List<Delivery>> waiting(Consumer reader) {
    FutureTask<List<Delivery>> polling = new FutureTask<>(() -> poll(reader, 1, 10_000));
    Thread.startVirtualThread(polling);
    while (!((MailboxConsumer) reader).isWaiting()) {
      Thread.onSpinWait();
    }
    return polling;
  }

  @Test
  void whatAReaderWaitsForIsTakenWithItsWrite() throws Exception {
    try (Consumer reader = newReader(transactor)) {
      send(transactor, message("k", "first"));
      done(transactor, next(reader));
      Map<String, Integer> before = requests();
      Future<List<Delivery>> polling = waiting(reader);

      send(transactor, message("k", "second"));
      Delivery second = polling.get().getFirst();

      assertThat(second.attempt()).isEqualTo(1);
      assertThat(done(transactor, second)).isEqualTo(TAKEN);
      assertThat(requests())
          .containsEntry(SEND, before.get(SEND) + 2)
          .containsEntry("PutItem", before.get("PutItem"))
          .containsEntry("GetItem", before.get("GetItem"));
    }
    assertThat(items()).isEqualTo(1);
  }

  @Test
  void aWriteThatIsRefusedKeepsNoPlaceAndDeliversNothing() throws Exception {
    send(transactor, message("dead", "there"));
    try (Consumer reader = newReader(transactor)) {
      settle(transactor, next(reader), new Ack.Outcome.Dead("", "its id stays"));
      Map<String, Integer> before = requests();
      for (int i = 0; i < 5; i++) {
        Future<List<Delivery>> polling = waiting(reader);
        assertFails(Reason.KEY_EXISTS, () -> send(transactor, message("k", "there")));
        send(transactor, message("", "next " + i));

        assertThat(polling.get())
            .extracting(each -> each.stored().messageId())
            .containsExactly("next " + i);
      }
      assertThat(requests()).containsEntry("PutItem", before.get("PutItem")); // it had a place
    }
  }

  @Test
  void aTakenMessageWhoseWriteWasNotAnsweredIsDeliveredOnce() throws Exception {
    try (Consumer reader = newReader(transactor)) {
      Future<List<Delivery>> polling = waiting(reader);
      between.next(SEND, LOST);

      send(transactor, message("k", "once"));

      assertThat(done(transactor, polling.get().getFirst())).isEqualTo(TAKEN);
      assertThat(poll(reader, 10, 400)).isEmpty();
    }
  }

  @Test
  void aTakenMessageWhoseReaderGoesComesBackAtOnce() throws Exception {
    Consumer gone = newReader(transactor);
    Future<List<Delivery>> polling = waiting(gone);
    between.next(
        SEND,
        new Fault.First(
            () -> {
              gone.wake();
              gone.close();
            }));

    send(transactor, message("k", "first"));

    assertThat(polling.get()).isEmpty();
    try (Consumer another = newReader(transactor)) {
      Delivery again = next(another);
      assertThat(again.stored().messageId()).isEqualTo("first");
      assertThat(done(transactor, again)).isEqualTo(TAKEN);
    }
  }
}
