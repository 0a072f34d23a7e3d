package dev.prism.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import com.google.protobuf.MessageOrBuilder;
import dev.prism.type.v1.Ack;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.Option;

/**
 * What {@code prism queue subscribe} and {@code prism mailbox read} share: they print messages as
 * they are delivered, and acknowledge what they have printed.
 *
 * @param <R> what the stream answers
 */
abstract class DeliveriesCommand<R> extends Command {
  private static final int MOST_IN_FLIGHT = 256;

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

  /**
   * A delivery.
   *
   * @param whole what {@code --json} prints of it
   * @param place where it stands among the others
   */
  protected record Delivered(
      MessageOrBuilder whole, String receipt, long place, ByteString key, ByteString payload) {}

  DeliveriesCommand(Console console) {
    super(console);
  }

  /** The config of the session where none is named. */
  protected abstract String config();

  /** Opens the stream, with {@link #inFlight} and {@link #ackTimeout}. */
  protected abstract Iterator<R> open(Client client);

  protected abstract List<Delivered> deliveries(R response);

  protected abstract boolean isCaughtUp(R response);

  protected abstract void acknowledge(Client client, List<Ack> acks);

  /** How many may be unacknowledged at once. */
  protected final int inFlight() {
    return (int) Math.min(max, MOST_IN_FLIGHT);
  }

  protected final com.google.protobuf.Duration ackTimeout() {
    return Units.of(ackTimeout);
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
        Client client = Client.of(options, config())) {
      return read(client, until);
    }
  }

  private int read(Client client, UntilSignal until) throws IOException {
    Rate rate = new Rate(console.err(), "message", true);
    Iterator<R> responses = until.open(() -> open(client));
    try {
      while (responses.hasNext()) {
        R response = responses.next();
        boolean wanted = print(client, response, rate);
        if (!wanted || rate.count() >= max || (isCaughtUp(response) && !follow)) {
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
  private boolean print(Client client, R response, Rate rate) throws IOException {
    List<Ack> acks = new ArrayList<>();
    for (Delivered delivery : deliveries(response)) {
      if (rate.count() >= max) {
        break;
      }
      print(delivery);
      rate.add(1);
      acks.add(
          Ack.newBuilder()
              .setReceipt(delivery.receipt())
              .setAck(Empty.getDefaultInstance())
              .build());
    }
    if (console.out().checkError()) { // which also flushes
      return false;
    }
    if (!noAck && !acks.isEmpty()) {
      acknowledge(client, acks);
    }
    return true;
  }

  private void print(Delivered delivery) throws IOException {
    if (raw) {
      delivery.payload().writeTo(console.out());
      console.out().write('\n');
    } else if (options.json()) {
      say(inOneLine(delivery.whole()));
    } else {
      say(
          delivery.place()
              + "\t"
              + KvScan.printable(delivery.key())
              + "\t"
              + KvScan.printable(delivery.payload()));
    }
  }
}
