package dev.prism.cli;

import com.google.protobuf.Empty;
import dev.prism.queue.v1.AcknowledgeRequest;
import dev.prism.queue.v1.Delivery;
import dev.prism.queue.v1.StartPosition;
import dev.prism.queue.v1.SubscribeRequest;
import dev.prism.queue.v1.SubscribeResponse;
import dev.prism.queue.v1.Subscription;
import dev.prism.type.v1.Ack;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
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
final class QueueSubscribe extends Command {
  private static final int MOST_IN_FLIGHT = 256;

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

  @Option(names = "--follow", description = "Wait for further messages, until Ctrl-C.")
  private boolean follow;

  @Option(names = "--max", paramLabel = "N", description = "End after so many messages.")
  private long max = Long.MAX_VALUE;

  @Option(names = "--raw", description = "Only the payload's bytes and a line feed.")
  private boolean raw;

  @Option(names = "--no-ack", description = "Leave them unacknowledged: they come back.")
  private boolean noAck;

  @Option(
      names = "--ack-timeout",
      paramLabel = "TIME",
      converter = Units.TimeConverter.class,
      description = "When what was not acknowledged comes back, 1s to 12h (default: 30s).")
  private Duration ackTimeout = Duration.ofSeconds(30);

  /** Where to begin, as it is written. */
  enum Place {
    earliest,
    latest
  }

  QueueSubscribe(Console console) {
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
        Client client = Client.of(options, QueueCommand.CONFIG)) {
      return read(client, until);
    }
  }

  private int read(Client client, UntilSignal until) throws IOException {
    SubscribeRequest request =
        SubscribeRequest.newBuilder()
            .setSubscription(
                Subscription.newBuilder()
                    .setTopic(topic.name)
                    .setGroup(group)
                    .setPosition(
                        from == Place.latest
                            ? StartPosition.START_POSITION_LATEST
                            : StartPosition.START_POSITION_EARLIEST)
                    .setMaxInFlight((int) Math.min(max, MOST_IN_FLIGHT))
                    .setAckTimeout(Units.of(ackTimeout)))
            .build();
    Rate rate = new Rate(console.err(), "message", true);
    Iterator<SubscribeResponse> responses =
        until.open(() -> client.queueStreams().subscribe(request));
    try {
      while (responses.hasNext()) {
        SubscribeResponse response = responses.next();
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
  private boolean print(Client client, SubscribeResponse response, Rate rate) throws IOException {
    AcknowledgeRequest.Builder acks = AcknowledgeRequest.newBuilder().setTopic(topic.name);
    for (Delivery delivery : response.getDeliveriesList()) {
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
      client.queue().acknowledge(acks.build());
    }
    return true;
  }

  private void print(Delivery delivery) throws IOException {
    if (raw) {
      delivery.getMessage().getPayload().writeTo(console.out());
      console.out().write('\n');
    } else if (options.json()) {
      say(inOneLine(delivery));
    } else {
      say(
          delivery.getOffset()
              + "\t"
              + KvScan.printable(delivery.getMessage().getKey())
              + "\t"
              + KvScan.printable(delivery.getMessage().getPayload()));
    }
  }
}
