package dev.prism.cli;

import dev.prism.pubsub.v1.EventDelivery;
import dev.prism.pubsub.v1.SlowPolicy;
import dev.prism.pubsub.v1.SubscribeRequest;
import dev.prism.pubsub.v1.SubscribeResponse;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.util.Iterator;
import java.util.Locale;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code prism pubsub subscribe}. */
@picocli.CommandLine.Command(
    name = "subscribe",
    header = "Prints the events of a pattern as they come.",
    description = {
      "",
      "Goes on until Ctrl-C, or --max events. In a pattern '*' is any one token and '>', which comes last,",
      "one or more: quote them. One line an event: the topic, a tab and the payload as text (bytes that are",
      "no text are shown as \\xNN, tab, line break and backslash as \\t, \\n and \\\\). --json prints one JSON",
      "object a line. Events that this command was too slow for are counted on standard error.",
      "",
      "Examples:",
      "  prism pubsub subscribe 'orders.*.created'",
      "  prism pubsub subscribe 'orders.>' --queue-group billing --raw | ./bill",
      "  prism pubsub subscribe answers --max 1",
      ""
    })
final class PubSubSubscribe extends Command {
  @Parameters(index = "0", paramLabel = "PATTERN", description = "A topic or pattern.")
  private String pattern = "";

  @Option(
      names = "--queue-group",
      paramLabel = "NAME",
      defaultValue = "",
      description = "Share the events with the others of this group and pattern.")
  private String queueGroup = "";

  @Option(
      names = "--follow",
      description = "Go on until Ctrl-C: it does so anyway, as there is no end of events.")
  @SuppressWarnings("UnusedVariable") // the same words as 'queue subscribe'
  private boolean follow;

  @Option(names = "--max", paramLabel = "N", description = "End after so many events.")
  private long max = Long.MAX_VALUE;

  @Option(names = "--raw", description = "Only the payload's bytes and a line feed.")
  private boolean raw;

  @Option(
      names = "--buffer",
      paramLabel = "N",
      defaultValue = "0",
      description = "Events held for this command when it is slow, up to 65536; default: 1024.")
  private int buffer;

  @Option(
      names = "--when-slow",
      paramLabel = "POLICY",
      defaultValue = "drop_oldest",
      description = "What is lost then: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Slow slow = Slow.drop_oldest;

  private long lost;

  /** The policies, as they are written. */
  enum Slow {
    drop_oldest,
    drop_newest,
    disconnect
  }

  PubSubSubscribe(Console console) {
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
    SubscribeRequest request =
        SubscribeRequest.newBuilder()
            .setPattern(pattern)
            .setQueueGroup(queueGroup)
            .setBuffer(buffer)
            .setSlowPolicy(
                SlowPolicy.valueOf("SLOW_POLICY_" + slow.name().toUpperCase(Locale.ROOT)))
            .build();
    try (UntilSignal until = new UntilSignal();
        Client client = Client.of(options, PubSubCommand.CONFIG)) {
      return read(until, until.open(() -> client.pubSubStreams().subscribe(request)));
    }
  }

  private int read(UntilSignal until, Iterator<SubscribeResponse> responses) throws IOException {
    Rate rate = new Rate(console.err(), "event", true);
    try {
      while (responses.hasNext()) {
        SubscribeResponse response = responses.next();
        tellLost(response.getDropped());
        for (EventDelivery delivery : response.getEventsList()) {
          if (rate.count() < max) {
            print(delivery);
            rate.add(1);
          }
        }
        if (console.out().checkError()) { // which also flushes
          return FAILED; // whoever read them has seen enough
        }
        if (rate.count() >= max) {
          return OK;
        }
      }
    } catch (StatusRuntimeException e) {
      if (!until.isOver()) {
        throw e;
      }
    }
    return OK;
  }

  private void tellLost(long more) {
    if (more > 0) {
      lost += more;
      console.err().println("prism: too slow: " + lost + " events were lost so far");
    }
  }

  private void print(EventDelivery delivery) throws IOException {
    if (raw) {
      delivery.getEvent().getPayload().writeTo(console.out());
      console.out().write('\n');
    } else if (options.json()) {
      say(inOneLine(delivery));
    } else {
      say(delivery.getTopic() + "\t" + KvScan.printable(delivery.getEvent().getPayload()));
    }
  }
}
