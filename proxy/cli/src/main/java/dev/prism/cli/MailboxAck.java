package dev.prism.cli;

import dev.prism.transact.v1.AcknowledgeMailboxRequest;
import dev.prism.transact.v1.AcknowledgeMailboxResponse;
import java.util.List;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code prism mailbox ack}. */
@picocli.CommandLine.Command(
    name = "ack",
    header = "Says what became of deliveries of a mailbox.",
    description = {
      "",
      "Receipts are those of 'mailbox read --follow --no-ack --json' for as long as that runs: what it had",
      "comes back when it ends. Exit status 1 says that some had expired: their messages come, or came,",
      "again.",
      "",
      "Examples:",
      "  prism mailbox ack orders-outbox RECEIPT",
      "  prism mailbox ack orders-outbox RECEIPT --retry-after 5m",
      ""
    })
final class MailboxAck extends Command {
  @Mixin private MailboxCommand.NameParameter mailbox = new MailboxCommand.NameParameter();

  @Parameters(index = "1..*", arity = "1..*", paramLabel = "RECEIPT", description = "Receipts.")
  private List<String> receipts = List.of();

  @ArgGroup private Outcome outcome = new Outcome();

  MailboxAck(Console console) {
    super(console);
  }

  @Override
  public Integer call() {
    AcknowledgeMailboxRequest.Builder acks =
        AcknowledgeMailboxRequest.newBuilder().setMailbox(mailbox.name);
    for (String receipt : receipts) {
      acks.addAcks(outcome.of(receipt));
    }
    try (Client client = Client.of(options, TxCommand.CONFIG)) {
      AcknowledgeMailboxResponse answer = client.transact().acknowledgeMailbox(acks.build());
      boolean allTaken = Outcome.tell(answer.getResultsList(), console.err());
      if (options.json()) {
        sayJson(answer);
      }
      return allTaken ? OK : FAILED;
    }
  }
}
