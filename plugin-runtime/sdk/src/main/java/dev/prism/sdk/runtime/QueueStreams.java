package dev.prism.sdk.runtime;

import com.google.rpc.Status;
import dev.prism.link.InboundCall;
import dev.prism.queue.v1.ConsumeAckResults;
import dev.prism.queue.v1.ConsumeRequest;
import dev.prism.queue.v1.ConsumeResponse;
import dev.prism.queue.v1.PublishRequest;
import dev.prism.queue.v1.PublishResponse;
import dev.prism.queue.v1.PublishStreamRequest;
import dev.prism.queue.v1.PublishStreamResponse;
import dev.prism.queue.v1.SubscribeRequest;
import dev.prism.queue.v1.SubscribeResponse;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.DeadLetters;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Leases;
import dev.prism.sdk.queue.MessageQueue;
import dev.prism.sdk.queue.Publication;
import dev.prism.sdk.queue.PublicationResult;
import dev.prism.sdk.queue.PublishResult;
import dev.prism.sdk.queue.Subscription;
import dev.prism.sdk.runtime.PluginMetrics.Operation;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Serves the streams of {@code QueueService}, each on virtual threads of its own. */
final class QueueStreams {
  /** Streams that may be open at once. */
  private static final int MOST_OPEN = 1024;

  private static final long MOST_CREDIT = 1_000_000;
  private static final int MOST_POLL_BYTES = 256 << 10;
  private static final int LEAST_POLL_BYTES = 16 << 10;

  private final MessageQueue queue;
  private final QueueRules rules;
  private final QueueCalls calls;
  private final Answers answers;
  private final PluginMetrics metrics;
  private final InFlight inFlight;
  private final Budget budget;
  private final InstantSource clock;
  private final Streams streams;
  private final int process;
  private final AtomicLong nextOwner = new AtomicLong(new SecureRandom().nextLong());
  private final Set<SubscriptionRun> runs = ConcurrentHashMap.newKeySet();
  private final Map<Long, SoloConsumer> solos = new ConcurrentHashMap<>();
  private volatile boolean draining;

  QueueStreams(
      MessageQueue queue,
      QueueRules rules,
      QueueCalls calls,
      Answers answers,
      PluginMetrics metrics,
      InFlight inFlight,
      Budget budget,
      InstantSource clock,
      int process) {
    this.process = process;
    this.queue = queue;
    this.rules = rules;
    this.calls = calls;
    this.answers = answers;
    this.metrics = metrics;
    this.inFlight = inFlight;
    this.budget = budget;
    this.clock = clock;
    this.streams = new Streams(MOST_OPEN, answers);
  }

  /** How many are open. */
  int open() {
    return streams.open();
  }

  /** Ends subscriptions with {@code SHUTTING_DOWN}. */
  void drain() {
    draining = true;
    runs.forEach(SubscriptionRun::drain);
  }

  void publishStream(InboundCall call, Operation operation, long arrivedNanos) {
    PublishStreamRequest first = Handler.parse(PublishStreamRequest.parser(), call);
    String topic = rules.topic(first.getTopic());
    streams.start(
        call,
        operation,
        arrivedNanos,
        "publish-stream",
        () ->
            Streams.pipeline(
                call,
                PublishStreamRequest.parser(),
                first,
                (item, request) -> publish(item, operation, topic, request),
                QueueStreams::publishResults));
  }

  private void publish(
      StreamItem item, Operation operation, String topic, PublishStreamRequest request) {
    if (!request.getTopic().isEmpty() && !request.getTopic().equals(topic)) {
      throw PrismException.of(
          Reason.STREAM_ORDER_INVALID,
          "topic must be empty or the same as in the stream's first request");
    }
    long now = System.nanoTime();
    try {
      if (!request.hasMessage()) {
        throw QueueRules.invalid(Reason.FIELD_INVALID, "message", "must be set");
      }
      PublishRequest single =
          PublishRequest.newBuilder()
              .setTopic(topic)
              .setMessage(request.getMessage())
              .setIdempotencyKey(request.getIdempotencyKey())
              .build();
      calls.offer(item, operation, now, calls.publication(single, item.header().traceparent()));
      calls.start();
    } catch (PrismException refused) {
      answers.fail(item, operation, now, refused);
    }
  }

  private static byte[] publishResults(List<StreamItem> items) {
    PublishStreamResponse.Builder response = PublishStreamResponse.newBuilder();
    for (StreamItem item : items) {
      byte[] published = item.response();
      Status failure = item.failure();
      if (published != null) {
        response.addResultsBuilder().setSuccess(Streams.own(PublishResponse.parser(), published));
      } else if (failure != null) {
        response.addResultsBuilder().setError(failure);
      }
    }
    return response.build().toByteArray();
  }

  void subscribe(InboundCall call, Operation operation, long arrivedNanos) {
    SubscribeRequest request = Handler.parse(SubscribeRequest.parser(), call);
    Wanted wanted = wanted(request.hasSubscription(), request.getSubscription());
    streams.start(
        call,
        operation,
        arrivedNanos,
        "subscription",
        () -> {
          try (Subscribed subscribed =
              subscribe(
                  call,
                  operation,
                  wanted,
                  Long.MAX_VALUE / 2,
                  (deliveries, caughtUp) ->
                      call.send(
                          QueueMessages.deliveries(deliveries, caughtUp, process).toByteArray()))) {
            call.onOver(subscribed.run()::finish);
            subscribed.run().run();
          }
        });
  }

  void consume(InboundCall call, Operation operation, long arrivedNanos) {
    ConsumeRequest first = Handler.parse(ConsumeRequest.parser(), call);
    if (first.getRequestCase() != ConsumeRequest.RequestCase.START) {
      throw outOfOrder("the first request must be start");
    }
    var begin = first.getStart();
    Wanted wanted = wanted(begin.hasSubscription(), begin.getSubscription());
    long credit = credit(begin.getCredit());
    streams.start(
        call, operation, arrivedNanos, "consumer", () -> consume(call, operation, wanted, credit));
  }

  private void consume(InboundCall call, Operation operation, Wanted wanted, long credit) {
    ReentrantLock sending = new ReentrantLock();
    OrderedAnswers results = new OrderedAnswers(call, sending, QueueStreams::ackResults);
    try (Subscribed subscribed =
        subscribe(
            call,
            operation,
            wanted,
            credit,
            (deliveries, caughtUp) -> {
              SubscribeResponse response = QueueMessages.deliveries(deliveries, caughtUp, process);
              sending.lock();
              try {
                return call.send(
                    ConsumeResponse.newBuilder().setDeliveries(response).build().toByteArray());
              } finally {
                sending.unlock();
              }
            })) {
      SubscriptionRun run = subscribed.run();
      Failures reading = new Failures();
      call.onOver(
          () -> {
            run.finish();
            results.giveUp();
          });
      Thread sender = Thread.ofVirtual().name("ack-results").start(results::run);
      Thread reader =
          Thread.ofVirtual()
              .name("consumer-requests")
              .start(
                  () -> {
                    try {
                      read(call, operation, wanted, run, results);
                    } catch (RuntimeException e) {
                      reading.first = e;
                    } finally {
                      results.complete();
                      run.finish();
                    }
                  });
      try {
        run.run();
        Streams.join(reader);
        Streams.join(sender);
      } finally {
        results.giveUp();
      }
      if (reading.first != null) {
        throw reading.first;
      }
    }
  }

  private static final class Failures {
    volatile @Nullable RuntimeException first;
  }

  private void read(
      InboundCall call,
      Operation operation,
      Wanted wanted,
      SubscriptionRun run,
      OrderedAnswers results) {
    ConsumeRequest request = Streams.next(ConsumeRequest.parser(), call);
    while (request != null) {
      switch (request.getRequestCase()) {
        case ACKS -> {
          var acks = request.getAcks();
          rules.batchSize(acks.getAcksCount(), "acks");
          StreamItem item = results.add(acks.toByteArray());
          if (item == null) {
            return;
          }
          long now = System.nanoTime();
          try {
            calls.offerAcks(
                item,
                operation,
                now,
                wanted.topic(),
                acks.getAcksList(),
                told -> ConsumeAckResults.newBuilder().addAllResults(told).build().toByteArray());
            calls.start();
          } catch (PrismException refused) {
            answers.fail(item, operation, now, refused);
          }
        }
        case CREDIT -> {
          if (run.grant(credit(request.getCredit().getMessages())) > MOST_CREDIT) {
            throw QueueRules.invalid(
                Reason.FIELD_INVALID, "credit", "must leave at most 1000000 open");
          }
        }
        case START, REQUEST_NOT_SET ->
            throw outOfOrder("start comes once, and then acks and credit");
      }
      request = Streams.next(ConsumeRequest.parser(), call);
    }
  }

  private static byte[] ackResults(List<StreamItem> items) {
    ConsumeAckResults.Builder results = ConsumeAckResults.newBuilder();
    for (StreamItem item : items) {
      byte[] told = item.response();
      Status failure = item.failure();
      if (told != null) {
        results.addAllResults(Streams.own(ConsumeAckResults.parser(), told).getResultsList());
      } else if (failure != null) {
        var acks = Streams.own(dev.prism.queue.v1.ConsumeAcks.parser(), item.request());
        for (var ack : acks.getAcksList()) {
          results.addResults(QueueMessages.ack(ack.getReceipt(), new AckResult.Failed(failure)));
        }
      }
    }
    return ConsumeResponse.newBuilder().setAckResults(results).build().toByteArray();
  }

  /** What a subscriber asks for, checked. */
  private record Wanted(
      String topic,
      String group,
      dev.prism.sdk.queue.Start start,
      long ackTimeoutMillis,
      SubscriptionRun.Bounds bounds) {}

  private Wanted wanted(boolean given, dev.prism.queue.v1.Subscription subscription) {
    if (!given) {
      throw QueueRules.invalid(Reason.FIELD_INVALID, "subscription", "must be set");
    }
    String group = subscription.getGroup();
    return new Wanted(
        rules.topic(subscription.getTopic()),
        group.isEmpty() ? "" : rules.group(group),
        rules.start(subscription),
        QueueRules.ackTimeoutMillis(subscription),
        new SubscriptionRun.Bounds(
            QueueRules.inFlight(subscription.getMaxInFlight(), "subscription."),
            QueueRules.attempts(subscription.getMaxAttempts(), "subscription.")));
  }

  /** An open subscription; closed when its stream ends. */
  private final class Subscribed implements AutoCloseable {
    private final SubscriptionRun run;
    private final long owner;

    Subscribed(SubscriptionRun run, long owner) {
      this.run = run;
      this.owner = owner;
      runs.add(run);
      if (draining) {
        run.drain();
      }
    }

    SubscriptionRun run() {
      return run;
    }

    @Override
    public void close() {
      runs.remove(run);
      run.close();
      solos.remove(owner);
    }
  }

  private Subscribed subscribe(
      InboundCall call,
      Operation operation,
      Wanted wanted,
      long credit,
      SubscriptionRun.Sender sender) {
    String namespace = call.header().namespace();
    long owner = nextOwner.getAndIncrement();
    Consumer consumer;
    if (wanted.group().isEmpty()) {
      SoloConsumer solo =
          new SoloConsumer(
              queue.read(namespace, wanted.topic(), wanted.start()),
              wanted.topic(),
              owner,
              wanted.ackTimeoutMillis(),
              clock);
      solos.put(owner, solo);
      consumer = solo;
    } else {
      consumer =
          queue.subscribe(
              namespace,
              new Subscription(
                  wanted.topic(), wanted.group(), wanted.start(), wanted.ackTimeoutMillis()));
    }
    return new Subscribed(
        new SubscriptionRun(
            call,
            consumer,
            wanted.bounds(),
            QueueRules.deadLetterTopic(wanted.topic()),
            inFlight,
            clock,
            (deliveries, caughtUp) -> {
              metrics.messages(
                  PluginMetrics.Messages.DELIVERED, call.header().namespace(), deliveries.size());
              return sender.send(deliveries, caughtUp);
            },
            dead -> calls.bury(call, operation, dead),
            this::pollBytes,
            credit),
        owner);
  }

  /** An eighth of the heap for all subscriptions together. */
  private int pollBytes() {
    return Math.clamp(
        budget.maxPendingBytes() / 2 / Math.max(1, streams.open()),
        LEAST_POLL_BYTES,
        MOST_POLL_BYTES);
  }

  /** Takes what became of a delivery of a subscription without a group. On the lane of acks. */
  AckResult settle(String namespace, Ack ack) {
    SoloConsumer solo = solos.get(ack.receipt().owner());
    Delivery delivery = solo == null ? null : solo.find(ack.receipt());
    if (solo == null || delivery == null) {
      return Leases.expired();
    }
    if (ack.outcome() instanceof Ack.Outcome.Dead(String topic, String reason)) {
      Publication letter =
          new Publication(
              topic,
              List.of(DeadLetters.of(delivery.stored(), ack.receipt(), delivery.attempt(), reason)),
              false,
              null);
      switch (queue.publish(namespace, List.of(letter)).getFirst()) {
        case PublicationResult.Failed(Status status) -> {
          return new AckResult.Failed(status);
        }
        case PublicationResult.Applied(List<PublishResult> results)
            when results.getFirst() instanceof PublishResult.Failed(Status status) -> {
          return new AckResult.Failed(status);
        }
        default -> {}
      }
    }
    return solo.settle(ack);
  }

  private static long credit(int messages) {
    if (messages < 0 || messages > MOST_CREDIT) {
      throw QueueRules.invalid(Reason.FIELD_INVALID, "credit", "must be at most 1000000");
    }
    return messages;
  }

  private static PrismException outOfOrder(String message) {
    return PrismException.of(Reason.STREAM_ORDER_INVALID, message);
  }
}
