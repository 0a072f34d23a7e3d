package dev.prism.cli;

import dev.prism.queue.v1.AcknowledgeRequest;
import dev.prism.queue.v1.StartPosition;
import dev.prism.queue.v1.SubscribeRequest;
import dev.prism.queue.v1.SubscribeResponse;
import dev.prism.queue.v1.Subscription;
import dev.prism.type.v1.Ack;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code prism queue subscribe}. */
@picocli.CommandLine.Command(
    name = "subscribe",
    header = "Prints the messages of a topic, and acknowledges what it has printed.",
    description = {
      "",
      "Ends when no further message waits; with --follow it goes on until Ctrl-C. One line a message: the",
      "offset, a tab, the key, a tab and the payload as text (bytes that are no text are shown as \\xNN, tab,",
      "line break and backslash as \\t, \\n and \\\\). --json prints one JSON object a line, with the receipt.",
      "",
      "With --group each message goes to one of the group's consumers, and what was printed does not come",
      "again. Without, all messages are printed, whoever else reads them.",
      "",
      "Examples:",
      "  prism queue subscribe orders",
      "  prism queue subscribe orders --group billing --follow --raw | ./bill",
      "  prism queue subscribe orders --group billing --max 1 --no-ack --json",
      ""
    })
final class QueueSubscribe extends DeliveriesCommand<SubscribeResponse> {
  @Mixin private QueueCommand.TopicParameter topic = new QueueCommand.TopicParameter();

  @Option(
      names = "--group",
      paramLabel = "NAME",
      defaultValue = "",
      description = "The group that shares the work; default: none, everything is printed.")
  private String group = "";

  @Option(
      names = "--from",
      paramLabel = "PLACE",
      defaultValue = "earliest",
      description =
          "earliest or latest: where a group begins that has no place yet, or this command without one (default: ${DEFAULT-VALUE}).")
  private Place from = Place.earliest;

  /** Where to begin, as it is written. */
  enum Place {
    earliest,
    latest
  }

  QueueSubscribe(Console console) {
    super(console);
  }

  @Override
  protected String config() {
    return QueueCommand.CONFIG;
  }

  @Override
  protected Iterator<SubscribeResponse> open(Client client) {
    return client
        .queueStreams()
        .subscribe(
            SubscribeRequest.newBuilder()
                .setSubscription(
                    Subscription.newBuilder()
                        .setTopic(topic.name)
                        .setGroup(group)
                        .setPosition(
                            from == Place.latest
                                ? StartPosition.START_POSITION_LATEST
                                : StartPosition.START_POSITION_EARLIEST)
                        .setMaxInFlight(inFlight())
                        .setAckTimeout(ackTimeout()))
                .build());
  }

  @Override
  protected List<Delivered> deliveries(SubscribeResponse response) {
    return response.getDeliveriesList().stream()
        .map(
            delivery ->
                new Delivered(
                    delivery,
                    delivery.getReceipt(),
                    delivery.getOffset(),
                    delivery.getMessage().getKey(),
                    delivery.getMessage().getPayload()))
        .toList();
  }

  @Override
  protected boolean isCaughtUp(SubscribeResponse response) {
    return response.getCaughtUp();
  }

  @Override
  protected void acknowledge(Client client, List<Ack> acks) {
    var _ =
        client
            .queue()
            .acknowledge(
                AcknowledgeRequest.newBuilder().setTopic(topic.name).addAllAcks(acks).build());
  }
}
