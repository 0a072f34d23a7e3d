package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.TransactFixture.insert;
import static dev.prism.conformance.TransactFixture.message;
import static dev.prism.conformance.TransactFixture.request;
import static dev.prism.conformance.TransactFixture.step;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import dev.prism.sdk.Capability;
import dev.prism.status.Reason;
import dev.prism.transact.v1.AcknowledgeMailboxRequest;
import dev.prism.transact.v1.Begin;
import dev.prism.transact.v1.DataWrite;
import dev.prism.transact.v1.Inbox;
import dev.prism.transact.v1.MailboxMessage;
import dev.prism.transact.v1.ReadMailboxRequest;
import dev.prism.transact.v1.Select;
import dev.prism.transact.v1.WriteRequest;
import dev.prism.type.v1.Header;
import dev.prism.type.v1.Sort;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Sizes, names and times at their bounds and beyond. */
public interface TransactLimits extends TransactFixture {
  @Test
  default void aRequestHasOneToAThousandWritesAndMessages() {
    needs(Capability.MAILBOX);
    String table = newTable();
    String mailbox = newMailbox();
    DataWrite[] writes =
        IntStream.range(0, 600).mapToObj(i -> insert(table, "a" + i, i)).toArray(DataWrite[]::new);
    WriteRequest.Builder request = request(writes);
    Collections.nCopies(400, message(mailbox, "k", "m")).forEach(request::addMessages);

    assertFails(Reason.BATCH_SIZE_INVALID, () -> api().write(WriteRequest.getDefaultInstance()));
    assertFails(
        Reason.BATCH_SIZE_INVALID,
        () -> api().write(request.clone().addMessages(message(mailbox, "k", "m")).build()));

    assumeTrue(mostRows() >= 1000);
    assertThat(api().write(request.build()).getResultsCount()).isEqualTo(600);
    assertThat(balance(table, "a599")).isEqualTo(599);
  }

  @Test
  default void aMessageHasItsLargestSizesAndNoMore() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    MailboxMessage largest =
        MailboxMessage.newBuilder()
            .setMailbox(mailbox)
            .setMessageId("i".repeat(128))
            .setKey(ByteString.copyFrom(new byte[1024]))
            .setPayload(ByteString.copyFrom(new byte[1 << 20]))
            .addHeaders(header("h".repeat(255), 8 << 10))
            .build();
    send(largest);

    assertFails(
        Reason.FIELD_INVALID,
        () -> send(largest.toBuilder().setMessageId("i".repeat(129)).build()));
    assertFails(
        Reason.VALUE_TOO_LARGE,
        () -> send(largest.toBuilder().setKey(ByteString.copyFrom(new byte[1025])).build()));
    assertFails(
        Reason.VALUE_TOO_LARGE,
        () ->
            send(
                largest.toBuilder()
                    .setPayload(ByteString.copyFrom(new byte[(1 << 20) + 1]))
                    .build()));
    try (Mailbox open = open(mailbox)) {
      assertThat(open.next().getMessage()).isEqualTo(largest);
    }
  }

  @Test
  default void headersAreChecked() {
    needs(Capability.MAILBOX);
    MailboxMessage plain = message(newMailbox(), "k", "m");
    for (Header wrong :
        new Header[] {
          header("", 1), header("a:b", 1), header("ä", 1), header("prism-x", 1), header("h", 8193)
        }) {
      assertFails(Reason.METADATA_INVALID, () -> send(plain.toBuilder().addHeaders(wrong).build()));
    }
    MailboxMessage.Builder many = plain.toBuilder();
    Collections.nCopies(65, header("h", 1)).forEach(many::addHeaders);
    assertFails(Reason.METADATA_INVALID, () -> send(many.build()));
    MailboxMessage.Builder large = plain.toBuilder();
    Collections.nCopies(5, header("h", 8000)).forEach(large::addHeaders);
    assertFails(Reason.METADATA_INVALID, () -> send(large.build()));
  }

  @Test
  default void namesAreChecked() {
    for (String name : new String[] {"", "a b", "a/b", "ä", "a\"b", "n".repeat(129)}) {
      assertFails(Reason.COLLECTION_INVALID, () -> write(insert(name, "a", 1)));
      try (Running running = begin()) {
        assertFails(
            Reason.COLLECTION_INVALID, () -> running.ask(step(Select.newBuilder().setTable(name))));
      }
    }
  }

  @Test
  default void namesOfMailboxesAreChecked() {
    needs(Capability.MAILBOX);
    for (String name : new String[] {"", "a b", "a/b", "ä", "a\"b", "n".repeat(129)}) {
      assertFails(Reason.COLLECTION_INVALID, () -> send(message(name, "k", "m")));
      assertFails(
          Reason.COLLECTION_INVALID,
          () -> {
            try (Mailbox open = open(name)) {
              open.next();
            }
          });
      assertFails(Reason.COLLECTION_INVALID, () -> acknowledge(name));
    }
  }

  @Test
  default void aRequestThatIsOverTheBackendsOwnBoundIsRefusedAsAWhole() {
    assumeTrue(mostRows() < 1000);
    String table = newTable();
    DataWrite[] most =
        IntStream.range(0, mostRows())
            .mapToObj(i -> insert(table, "a" + i, i))
            .toArray(DataWrite[]::new);

    assertFails(
        Reason.BATCH_SIZE_INVALID,
        () -> api().write(request(most).addWrites(insert(table, "more", 1)).build()));
    assertThat(row(table, "a0")).isNull();

    assertThat(write(most).getResultsCount()).isEqualTo(mostRows());
    try (Running running = begin()) {
      for (DataWrite write : most) {
        running.ask(TransactFixture.on(table, TransactFixture.update(id(write), 7)));
      }
      assertFails(Reason.BATCH_SIZE_INVALID, () -> running.ask(insert(table, "more", 1)));
    }
    assertThat(balance(table, "a0")).isEqualTo(0);
    assertThat(row(table, "more")).isNull();
  }

  @Test
  default void messagesCountAgainstTheBackendsOwnBound() {
    needs(Capability.MAILBOX);
    assumeTrue(mostRows() < 1000);
    String mailbox = newMailbox();
    MailboxMessage[] many =
        IntStream.rangeClosed(0, mostRows() / 2)
            .mapToObj(i -> message(mailbox, "", "m" + i))
            .toArray(MailboxMessage[]::new);

    assertFails(Reason.BATCH_SIZE_INVALID, () -> send(many));
    try (Running running = begin()) {
      for (int i = 1; i < many.length; i++) {
        running.ask(step(many[i]));
      }
      assertFails(Reason.BATCH_SIZE_INVALID, () -> running.ask(step(many[0])));
    }
    assertHas(mailbox);

    send(Arrays.copyOfRange(many, 1, many.length));
  }

  private static String id(DataWrite insert) {
    return insert.getInsert().getValuesOrThrow("id").getStringValue();
  }

  @Test
  default void timesAreChecked() {
    String table = newTable();
    for (Duration wrong : new Duration[] {nanos(0), nanos(999_999), nanos(-1), seconds(3601)}) {
      assertFails(
          Reason.FIELD_INVALID,
          () -> api().write(request(insert(table, "a", 1)).setTimeout(wrong).build()));
    }
    for (Duration wrong : new Duration[] {nanos(0), seconds(601)}) {
      assertFails(
          Reason.FIELD_INVALID,
          () -> {
            try (Running running =
                new Running(
                    api()
                        .transaction(
                            TransactFixture.begin(Begin.newBuilder().setTimeout(wrong))))) {
              running.next();
            }
          });
    }
    api().write(request(insert(table, "a", 1)).setTimeout(seconds(3600)).build());
    assertThat(balance(table, "a")).isEqualTo(1);
  }

  @Test
  default void aMailboxIsReadWithinItsBounds() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    for (ReadMailboxRequest.Builder wrong :
        new ReadMailboxRequest.Builder[] {
          ReadMailboxRequest.newBuilder().setMaxInFlight(10_001),
          ReadMailboxRequest.newBuilder().setMaxAttempts(1001),
          ReadMailboxRequest.newBuilder().setAckTimeout(nanos(999_999_999)),
          ReadMailboxRequest.newBuilder().setAckTimeout(seconds(12 * 3600 + 1))
        }) {
      assertFails(
          Reason.FIELD_INVALID,
          () -> {
            try (Mailbox open = open(wrong.setMailbox(mailbox))) {
              open.next();
            }
          });
    }
    assertFails(
        Reason.BATCH_SIZE_INVALID,
        () ->
            api().acknowledge(AcknowledgeMailboxRequest.newBuilder().setMailbox(mailbox).build()));
  }

  @Test
  default void aSelectIsWithinItsBounds() {
    String table = newTable();
    Select.Builder nine = Select.newBuilder().setTable(table);
    Collections.nCopies(9, Sort.newBuilder().setColumn("id").build()).forEach(nine::addSort);
    List<Select.Builder> all =
        new ArrayList<>(List.of(Select.newBuilder().setTable(table).setLimit(1001), nine));
    if (!areOpen()) {
      all.add(Select.newBuilder().setTable(table).addColumns("nothing"));
    }
    for (Select.Builder wrong : all) {
      try (Running running = begin()) {
        assertFails(Reason.FIELD_INVALID, () -> running.ask(step(wrong)));
      }
    }
  }

  @Test
  default void anInboxHasANameAndAnId() {
    needs(Capability.INBOX);
    String table = newTable();
    assertFails(
        Reason.COLLECTION_INVALID,
        () -> inbox(table, Inbox.newBuilder().setName("a b").setMessageId("i")));
    assertFails(Reason.FIELD_INVALID, () -> inbox(table, Inbox.newBuilder().setName("a")));
    assertFails(
        Reason.FIELD_INVALID,
        () -> inbox(table, Inbox.newBuilder().setName("a").setMessageId("i".repeat(129))));
  }

  private void inbox(String table, Inbox.Builder inbox) {
    api().write(request(insert(table, "a", 1)).setInbox(inbox).build());
  }

  private static Duration nanos(int nanos) {
    return Duration.newBuilder().setNanos(nanos).build();
  }

  private static Duration seconds(long seconds) {
    return TransactFixture.seconds(seconds);
  }

  private static Header header(String name, int bytes) {
    return Header.newBuilder().setName(name).setValue(ByteString.copyFrom(new byte[bytes])).build();
  }
}
