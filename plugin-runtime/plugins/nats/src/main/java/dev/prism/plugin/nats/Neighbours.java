package dev.prism.plugin.nats;

import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Leases;
import dev.prism.status.PrismException;
import io.nats.client.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Acknowledgements of what another process of the plugin has delivered go to that process, over
 * NATS: it alone knows which of its deliveries are in force. With a process its deliveries end.
 */
final class Neighbours {
  private static final Logger LOG = LoggerFactory.getLogger(Neighbours.class);
  private static final String SUBJECT = NatsSettings.INBOX + "acks.";

  /** Of one request, so that it fits the largest message that every server takes. */
  private static final int AT_ONCE = 256;

  private final NatsLink link;
  private final Duration timeout;
  private final int process;
  private final Acks own;

  /** Acks for one process that go in one message. */
  private record Request(int process, List<Integer> places, List<Ack> acks) {}

  /**
   * @param process the upper half of the owners of this process's receipts
   */
  Neighbours(NatsLink link, Duration timeout, int process, Acks own) {
    this.link = link;
    this.timeout = timeout;
    this.process = process;
    this.own = own;
    link.onSession(session -> session.subscribe(subject(process), this::answer));
  }

  private static String subject(int process) {
    return SUBJECT + Integer.toHexString(process);
  }

  private static int process(Ack ack) {
    return (int) (ack.receipt().owner() >>> Integer.SIZE);
  }

  /** Tells each ack to whom it is for. */
  List<AckResult> acknowledge(String namespace, List<Ack> acks) {
    if (acks.stream().allMatch(ack -> process(ack) == process)) {
      return own.acknowledge(namespace, acks);
    }
    List<Integer> ownPlaces = new ArrayList<>();
    List<Ack> ownAcks = new ArrayList<>();
    Map<Integer, Request> filling = new LinkedHashMap<>();
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < acks.size(); i++) {
      Ack ack = acks.get(i);
      if (process(ack) == process) {
        ownPlaces.add(i);
        ownAcks.add(ack);
      } else {
        Request request = filling.get(process(ack));
        if (request == null || request.acks().size() == AT_ONCE) {
          request = new Request(process(ack), new ArrayList<>(), new ArrayList<>());
          filling.put(process(ack), request);
          requests.add(request);
        }
        request.places().add(i);
        request.acks().add(ack);
      }
    }
    AckResult[] results = new AckResult[acks.size()];
    ask(namespace, requests, results);
    if (!ownAcks.isEmpty()) {
      put(results, ownPlaces, own.acknowledge(namespace, ownAcks));
    }
    return List.of(results);
  }

  private void ask(String namespace, List<Request> requests, AckResult[] results) {
    Session session = link.session();
    try (Replies.Batch batch = session.replies().batch(requests.size())) {
      for (int i = 0; i < requests.size(); i++) {
        Request request = requests.get(i);
        batch.send(
            i, subject(request.process()), null, AckCodec.request(namespace, request.acks()));
      }
      batch.await(timeout);
      for (int i = 0; i < requests.size(); i++) {
        Request request = requests.get(i);
        put(results, request.places(), results(request, batch.isSent(i), batch.answer(i)));
      }
    }
  }

  private static List<AckResult> results(Request request, boolean sent, @Nullable Message answer) {
    if (answer != null && Session.status(answer) == 0) {
      List<AckResult> told = AckCodec.results(answer.getData());
      if (told.size() == request.acks().size()) {
        return told;
      }
    }
    AckResult each =
        answer != null
            ? Leases.expired() // nobody is there: the process has ended, and its deliveries
            : new AckResult.Failed(sent ? Failures.unknown() : Failures.unreachable().status());
    return request.acks().stream().map(ack -> each).toList();
  }

  private static void put(AckResult[] all, List<Integer> places, List<AckResult> results) {
    for (int i = 0; i < results.size(); i++) {
      all[places.get(i)] = results.get(i);
    }
  }

  /** Another process asks; on the session's thread, which must not wait. */
  private void answer(Message question) {
    Thread.ofVirtual()
        .name("neighbour-acks")
        .start(
            () -> {
              try {
                AckCodec.Request request = AckCodec.request(question.getData());
                byte[] answer =
                    AckCodec.results(own.acknowledge(request.namespace(), request.acks()));
                link.session().send(String.valueOf(question.getReplyTo()), null, null, answer);
              } catch (PrismException | IllegalArgumentException e) {
                // Who asked finds out by itself that no answer comes.
                LOG.warn("another process's acknowledgements were not taken", e);
              }
            });
  }
}
