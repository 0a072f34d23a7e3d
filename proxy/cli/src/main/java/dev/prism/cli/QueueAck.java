package dev.prism.cli;

import dev.prism.queue.v1.AcknowledgeRequest;
import dev.prism.queue.v1.AcknowledgeResponse;
import java.util.List;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code prism queue ack}. */
@picocli.CommandLine.Command(
    name = "ack",
    header = "Says what became of deliveries.",
    description = {
      "",
      "Receipts are those of 'queue subscribe --follow --no-ack --json' for as long as that runs: what it",
      "had comes back when it ends. Exit status 1 says that some had expired: their messages come, or came,",
      "again.",
      "",
      "Examples:",
      "  prism queue ack orders RECEIPT",
      "  prism queue ack orders RECEIPT --retry-after 5m",
      "  prism queue ack orders RECEIPT --reject 'no such customer'",
      ""
    })
final class QueueAck extends Command {
  @Mixin private QueueCommand.TopicParameter topic = new QueueCommand.TopicParameter();

  @Parameters(index = "1..*", arity = "1..*", paramLabel = "RECEIPT", description = "Receipts.")
  private List<String> receipts = List.of();

  @ArgGroup private Outcome outcome = new Outcome();

  QueueAck(Console console) {
    super(console);
  }

  @Override
  public Integer call() {
    AcknowledgeRequest.Builder acks = AcknowledgeRequest.newBuilder().setTopic(topic.name);
    for (String receipt : receipts) {
      acks.addAcks(outcome.of(receipt));
    }
    try (Client client = Client.of(options, QueueCommand.CONFIG)) {
      AcknowledgeResponse answer = client.queue().acknowledge(acks.build());
      boolean allTaken = Outcome.tell(answer.getResultsList(), console.err());
      if (options.json()) {
        sayJson(answer);
      }
      return allTaken ? OK : FAILED;
    }
  }
}
