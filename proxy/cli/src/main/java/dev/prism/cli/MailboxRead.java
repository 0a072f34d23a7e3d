package dev.prism.cli;

import dev.prism.transact.v1.AcknowledgeMailboxRequest;
import dev.prism.transact.v1.ReadMailboxRequest;
import dev.prism.transact.v1.ReadMailboxResponse;
import dev.prism.type.v1.Ack;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.Mixin;

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
final class MailboxRead extends DeliveriesCommand<ReadMailboxResponse> {
  @Mixin private MailboxCommand.NameParameter mailbox = new MailboxCommand.NameParameter();

  MailboxRead(Console console) {
    super(console);
  }

  @Override
  protected String config() {
    return TxCommand.CONFIG;
  }

  @Override
  protected Iterator<ReadMailboxResponse> open(Client client) {
    return client
        .transactStreams()
        .readMailbox(
            ReadMailboxRequest.newBuilder()
                .setMailbox(mailbox.name)
                .setMaxInFlight(inFlight())
                .setAckTimeout(ackTimeout())
                .build());
  }

  @Override
  protected List<Delivered> deliveries(ReadMailboxResponse response) {
    return response.getDeliveriesList().stream()
        .map(
            delivery ->
                new Delivered(
                    delivery,
                    delivery.getReceipt(),
                    delivery.getSequence(),
                    delivery.getMessage().getKey(),
                    delivery.getMessage().getPayload()))
        .toList();
  }

  @Override
  protected boolean isCaughtUp(ReadMailboxResponse response) {
    return response.getCaughtUp();
  }

  @Override
  protected void acknowledge(Client client, List<Ack> acks) {
    var _ =
        client
            .transact()
            .acknowledgeMailbox(
                AcknowledgeMailboxRequest.newBuilder()
                    .setMailbox(mailbox.name)
                    .addAllAcks(acks)
                    .build());
  }
}
