package dev.prism.plugin.nats;

import com.google.rpc.Status;
import dev.prism.plugin.nats.Held.Lease;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.DeadLetters;
import dev.prism.sdk.queue.Leases;
import dev.prism.sdk.queue.Publication;
import dev.prism.sdk.queue.PublicationResult;
import dev.prism.sdk.queue.PublishResult;
import dev.prism.sdk.queue.Receipt;
import dev.prism.status.PrismException;
import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells the server what became of deliveries that this process holds, and waits for its answers:
 * all of a batch are sent first.
 */
final class Acks {
  private static final byte[] DONE = "+ACK".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] EXTENDED = "+WPI".getBytes(StandardCharsets.US_ASCII);
  private static final String AGAIN = "-NAK";

  private final Finder finder;
  private final Publisher publisher;
  private final Duration timeout;
  private final InstantSource clock;

  /** Finds what this process holds of a group; null where nothing. */
  @FunctionalInterface
  interface Finder {
    @Nullable Held held(String namespace, Receipt receipt);
  }

  /** An ack of a delivery that is in force. */
  private record Settling(int index, Ack ack, Lease lease) {}

  Acks(Finder finder, Publisher publisher, Duration timeout, InstantSource clock) {
    this.finder = finder;
    this.publisher = publisher;
    this.timeout = timeout;
    this.clock = clock;
  }

  List<AckResult> acknowledge(String namespace, List<Ack> acks) {
    AckResult[] results = new AckResult[acks.size()];
    List<Settling> settlings = new ArrayList<>(acks.size());
    long now = clock.millis();
    for (int i = 0; i < results.length; i++) {
      results[i] = Leases.expired();
      Receipt receipt = acks.get(i).receipt();
      Held held = finder.held(namespace, receipt);
      Lease lease = held == null ? null : held.find(receipt.offset(), receipt.token(), now);
      if (lease != null && !lease.settling) {
        lease.settling = true;
        settlings.add(new Settling(i, acks.get(i), lease));
      }
    }
    if (!settlings.isEmpty()) {
      try {
        List<Settling> left = bury(namespace, settlings, results);
        if (!left.isEmpty()) {
          tell(left, results);
        }
      } finally {
        settlings.forEach(each -> each.lease().settling = false);
      }
    }
    return List.of(results);
  }

  /** Writes the letters of what is dead; gives what is to be told to the server. */
  private List<Settling> bury(String namespace, List<Settling> all, AckResult[] results) {
    List<Settling> left = new ArrayList<>(all.size());
    List<Settling> dead = new ArrayList<>();
    List<Publication> letters = new ArrayList<>();
    for (Settling each : all) {
      if (each.ack().outcome() instanceof Ack.Outcome.Dead(String topic, String reason)) {
        try {
          var stored =
              Codec.stored(
                  each.lease()
                      .session
                      .management()
                      .getMessage(each.lease().held.stream(), each.lease().sequence));
          dead.add(each);
          letters.add(
              new Publication(
                  topic,
                  List.of(
                      DeadLetters.of(stored, each.ack().receipt(), each.lease().attempt, reason)),
                  false,
                  null));
        } catch (JetStreamApiException e) {
          left.add(each); // the message is gone, as the topic's retention has it
        } catch (IOException e) {
          results[each.index()] = new AckResult.Failed(Failures.unreachable().status());
        }
      } else {
        left.add(each);
      }
    }
    if (letters.isEmpty()) {
      return left;
    }
    List<PublicationResult> written = publish(namespace, letters);
    for (int i = 0; i < dead.size(); i++) {
      Status failure = failure(written.get(i));
      if (failure == null) {
        left.add(dead.get(i));
      } else {
        results[dead.get(i).index()] = new AckResult.Failed(failure);
      }
    }
    return left;
  }

  private List<PublicationResult> publish(String namespace, List<Publication> letters) {
    try {
      return publisher.send(namespace, letters).get();
    } catch (PrismException e) {
      return letters.stream()
          .<PublicationResult>map(letter -> new PublicationResult.Failed(e.status()))
          .toList();
    }
  }

  private static @Nullable Status failure(PublicationResult result) {
    return switch (result) {
      case PublicationResult.Failed(Status status) -> status;
      case PublicationResult.Applied(List<PublishResult> results)
          when results.getFirst() instanceof PublishResult.Failed(Status status) ->
          status;
      default -> null;
    };
  }

  private void tell(List<Settling> settlings, AckResult[] results) {
    Session session = settlings.getFirst().lease().session;
    try (Replies.Batch batch = session.repliesInOrder().batch(settlings.size())) {
      for (int i = 0; i < settlings.size(); i++) {
        batch.send(
            i, settlings.get(i).lease().ackSubject, null, body(settlings.get(i).ack().outcome()));
      }
      batch.await(timeout);
      for (int i = 0; i < settlings.size(); i++) {
        results[settlings.get(i).index()] =
            taken(settlings.get(i), batch.isSent(i), batch.answer(i));
      }
    }
  }

  private static byte[] body(Ack.Outcome outcome) {
    return switch (outcome) {
      case Ack.Outcome.Extended _ -> EXTENDED;
      case Ack.Outcome.Again(long delayMillis) ->
          (delayMillis == 0
                  ? AGAIN
                  : AGAIN + " {\"delay\": " + TimeUnit.MILLISECONDS.toNanos(delayMillis) + "}")
              .getBytes(StandardCharsets.US_ASCII);
      default -> DONE;
    };
  }

  private AckResult taken(Settling settling, boolean sent, @Nullable Message answer) {
    if (answer == null || Session.status(answer) != 0) {
      // Without responders the consumer is gone, and with it the delivery.
      return answer != null
          ? Leases.expired()
          : new AckResult.Failed(sent ? Failures.unknown() : Failures.unreachable().status());
    }
    Lease lease = settling.lease();
    if (settling.ack().outcome() instanceof Ack.Outcome.Extended(long byMillis)) {
      long deadline = clock.millis() + byMillis;
      lease.touched = clock.millis();
      lease.deadline = deadline;
      return new AckResult.Taken(deadline);
    }
    if (!(settling.ack().outcome() instanceof Ack.Outcome.Again)) {
      lease.held.settled().add(lease.sequence);
    }
    boolean current = lease.held.remove(lease);
    // What was given back may have come again before its answer. Where another delivery of a
    // message that is done has come meanwhile, it is that one's consumer's.
    return current || settling.ack().outcome() instanceof Ack.Outcome.Again
        ? new AckResult.Taken(0)
        : Leases.expired();
  }
}
