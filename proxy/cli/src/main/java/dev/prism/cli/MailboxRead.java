package dev.prism.cli;

import com.google.protobuf.Empty;
import dev.prism.transact.v1.AcknowledgeMailboxRequest;
import dev.prism.transact.v1.MailboxDelivery;
import dev.prism.transact.v1.MailboxMessage;
import dev.prism.transact.v1.ReadMailboxRequest;
import dev.prism.transact.v1.ReadMailboxResponse;
import dev.prism.type.v1.Ack;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code prism mailbox read}. */
@picocli.CommandLine.Command(
    name = "read",
    header = "Prints the messages of a mailbox, and acknowledges what it has printed.",
    description = {
      "",
      "Ends when no further message waits; with --follow it goes on until Ctrl-C. One line a message: the",
      "sequence, a tab, the key, a tab and the payload as text (bytes that are no text are shown as \\xNN,",
      "tab, line break and backslash as \\t, \\n and \\\\). --json prints one JSON object a line, with the",
      "receipt. What was acknowledged is gone from the mailbox: a relay does not carry it any more.",
      "",
      "Examples:",
      "  prism mailbox read orders-outbox",
      "  prism mailbox read orders-outbox --follow --raw | ./publish",
      "  prism mailbox read orders-outbox --max 1 --no-ack --json",
      ""
    })
final class MailboxRead extends Command {
  private static final int MOST_IN_FLIGHT = 256;

  @Mixin private MailboxCommand.NameParameter mailbox = new MailboxCommand.NameParameter();

  @Option(names = "--follow", description = "Wait for further messages, until Ctrl-C.")
  private boolean follow;

  @Option(names = "--max", paramLabel = "N", description = "End after so many messages.")
  private long max = Long.MAX_VALUE;

  @Option(names = "--raw", description = "Only the payload's bytes and a line feed.")
  private boolean raw;

  @Option(
      names = "--no-ack",
      description = "Leave them unacknowledged: they come back when this command ends.")
  private boolean noAck;

  @Option(
      names = "--ack-timeout",
      paramLabel = "TIME",
      converter = Units.TimeConverter.class,
      description = "When what was not acknowledged comes back, 1s to 12h (default: 30s).")
  private Duration ackTimeout = Duration.ofSeconds(30);

  MailboxRead(Console console) {
    super(console);
  }

  @Override
  public Integer call() throws IOException {
    if (max < 1) {
      throw new UserError("--max must be at least 1");
    }
    if (raw && options.json()) {
      throw new UserError("--raw and --json are two forms: keep one");
    }
    try (UntilSignal until = new UntilSignal();
        Client client = Client.of(options, TxCommand.CONFIG)) {
      return read(client, until);
    }
  }

  private int read(Client client, UntilSignal until) throws IOException {
    ReadMailboxRequest request =
        ReadMailboxRequest.newBuilder()
            .setMailbox(mailbox.name)
            .setMaxInFlight((int) Math.min(max, MOST_IN_FLIGHT))
            .setAckTimeout(Units.of(ackTimeout))
            .build();
    Rate rate = new Rate(console.err(), "message", true);
    Iterator<ReadMailboxResponse> responses =
        until.open(() -> client.transactStreams().readMailbox(request));
    try {
      while (responses.hasNext()) {
        ReadMailboxResponse response = responses.next();
        boolean wanted = print(client, response, rate);
        if (!wanted || rate.count() >= max || (response.getCaughtUp() && !follow)) {
          return wanted ? OK : FAILED;
        }
      }
    } catch (StatusRuntimeException e) {
      if (!until.isOver()) {
        throw e;
      }
    }
    return OK;
  }

  /** Prints and acknowledges; false where nobody reads what is printed any more. */
  private boolean print(Client client, ReadMailboxResponse response, Rate rate) throws IOException {
    AcknowledgeMailboxRequest.Builder acks =
        AcknowledgeMailboxRequest.newBuilder().setMailbox(mailbox.name);
    for (MailboxDelivery delivery : response.getDeliveriesList()) {
      if (rate.count() >= max) {
        break;
      }
      print(delivery);
      rate.add(1);
      acks.addAcks(
          Ack.newBuilder().setReceipt(delivery.getReceipt()).setAck(Empty.getDefaultInstance()));
    }
    if (console.out().checkError()) { // which also flushes
      return false;
    }
    if (!noAck && acks.getAcksCount() > 0) {
      client.transact().acknowledgeMailbox(acks.build());
    }
    return true;
  }

  private void print(MailboxDelivery delivery) throws IOException {
    MailboxMessage message = delivery.getMessage();
    if (raw) {
      message.getPayload().writeTo(console.out());
      console.out().write('\n');
    } else if (options.json()) {
      say(inOneLine(delivery));
    } else {
      say(
          delivery.getSequence()
              + "\t"
              + KvScan.printable(message.getKey())
              + "\t"
              + KvScan.printable(message.getPayload()));
    }
  }
}
