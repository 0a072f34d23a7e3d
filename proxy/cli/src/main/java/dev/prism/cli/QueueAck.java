package dev.prism.cli;

import com.google.protobuf.Empty;
import dev.prism.queue.v1.AcknowledgeRequest;
import dev.prism.queue.v1.AcknowledgeResponse;
import dev.prism.type.v1.Ack;
import dev.prism.type.v1.AckResult;
import dev.prism.type.v1.Extend;
import dev.prism.type.v1.Nack;
import dev.prism.type.v1.Reject;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code prism queue ack}. */
@picocli.CommandLine.Command(
    name = "ack",
    header = "Says what became of deliveries.",
    description = {
      "",
      "Receipts are those of 'subscribe --no-ack --json'. Exit status 1 says that some had expired: their",
      "messages come, or came, again.",
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

  @ArgGroup private @Nullable Outcome outcome;

  /** What became of them, where they were not processed; at most one. */
  static final class Outcome {
    @Option(
        names = "--retry-after",
        paramLabel = "TIME",
        converter = Units.TimeConverter.class,
        description = "Not processed: deliver them again after this time (0s: at once).")
    @Nullable Duration retryAfter;

    @Option(
        names = "--reject",
        paramLabel = "REASON",
        description = "Cannot be processed: to the dead-letter topic.")
    @Nullable String reject;

    @Option(
        names = "--extend",
        paramLabel = "TIME",
        converter = Units.TimeConverter.class,
        description = "Still being processed: give them so long from now, 1s to 12h.")
    @Nullable Duration extend;
  }

  QueueAck(Console console) {
    super(console);
  }

  @Override
  public Integer call() {
    AcknowledgeRequest.Builder acks = AcknowledgeRequest.newBuilder().setTopic(topic.name);
    for (String receipt : receipts) {
      acks.addAcks(ack(receipt));
    }
    try (Client client = Client.of(options, QueueCommand.CONFIG)) {
      AcknowledgeResponse answer = client.queue().acknowledge(acks.build());
      boolean allTaken = true;
      for (AckResult result : answer.getResultsList()) {
        if (result.hasError()) {
          allTaken = false;
          console.err().println("prism: " + Failures.brief(result.getError()));
        }
      }
      if (options.json()) {
        sayJson(answer);
      }
      return allTaken ? OK : FAILED;
    }
  }

  private Ack ack(String receipt) {
    Ack.Builder ack = Ack.newBuilder().setReceipt(receipt);
    if (outcome == null) {
      ack.setAck(Empty.getDefaultInstance());
    } else if (outcome.retryAfter != null) {
      ack.setNack(Nack.newBuilder().setDelay(Units.of(outcome.retryAfter)));
    } else if (outcome.extend != null) {
      ack.setExtend(Extend.newBuilder().setBy(Units.of(outcome.extend)));
    } else {
      ack.setReject(Reject.newBuilder().setReason(String.valueOf(outcome.reject)));
    }
    return ack.build();
  }
}
