package dev.prism.sdk.runtime;

import com.google.rpc.Status;
import dev.prism.link.InboundCall;
import dev.prism.pubsub.v1.ListSubscriptionsRequest;
import dev.prism.pubsub.v1.ListSubscriptionsResponse;
import dev.prism.pubsub.v1.PublishRequest;
import dev.prism.pubsub.v1.PublishResponse;
import dev.prism.pubsub.v1.PublishResult;
import dev.prism.pubsub.v1.PublishStreamRequest;
import dev.prism.pubsub.v1.PublishStreamResponse;
import dev.prism.pubsub.v1.SubscribeRequest;
import dev.prism.pubsub.v1.UnsubscribeRequest;
import dev.prism.pubsub.v1.UnsubscribeResponse;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.pubsub.Emission;
import dev.prism.sdk.pubsub.Listening;
import dev.prism.sdk.pubsub.PubSub;
import dev.prism.sdk.pubsub.TopicPattern;
import dev.prism.sdk.runtime.PluginMetrics.Events;
import dev.prism.sdk.runtime.PluginMetrics.Operation;
import dev.prism.sdk.runtime.Work.Group;
import dev.prism.status.PrismException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;

/** Serves {@code PubSubService} from a backend's events. */
final class PubSubCalls implements DataCalls {
  /** Events of one call of the backend. */
  private static final int BATCH_EVENTS = 256;

  /** Streams that may be open at once: each is a virtual thread and what it holds. */
  private static final int MOST_OPEN = 4096;

  private static final Consistency EVENTUAL = new Consistency(Consistency.Level.EVENTUAL, 0);
  private static final byte[] PUBLISHED = PublishResponse.getDefaultInstance().toByteArray();

  private final PubSub pubSub;
  private final PubSubRules rules;
  private final Answers answers;
  private final PluginMetrics metrics;
  private final InstantSource clock;
  private final Coalescer<Emission, Optional<Status>> emissions;
  private final Lanes lane;
  private final Streams streams;
  private final AtomicLong nextId = new AtomicLong(1);
  private final String idPrefix = Long.toHexString(new SecureRandom().nextLong()) + "-";
  private final AtomicLong heldBytes = new AtomicLong();
  private final long mostHeldBytes;
  private volatile boolean draining;

  /** By session, and in each in the order in which they came. */
  private final Map<Owner, ConcurrentSkipListMap<Long, EventSubscription>> sessions =
      new ConcurrentHashMap<>();

  private record Owner(String namespace, long session) {}

  PubSubCalls(
      PubSub pubSub,
      PubSubRules rules,
      Answers answers,
      PluginMetrics metrics,
      Budget budget,
      InstantSource clock) {
    this.pubSub = pubSub;
    this.rules = rules;
    this.answers = answers;
    this.metrics = metrics;
    this.clock = clock;
    this.mostHeldBytes = budget.maxPendingBytes();
    this.emissions =
        new Coalescer<>(
            (group, batch) -> publish(group.namespace(), batch),
            false,
            new Coalescer.Limits(
                BATCH_EVENTS,
                budget.batchBytes(),
                StoreBackends.MOST_PENDING,
                budget.maxPendingBytes()),
            new AnswerEvents<>(answers, metrics.call("emit"), false, false));
    this.lane = new Lanes("emit", 1, emissions);
    this.streams = new Streams(MOST_OPEN, answers);
  }

  @Override
  public Map<String, Handler> handlers() {
    return Map.of(
        "Publish", this::publish,
        "PublishStream", this::publishStream,
        "Subscribe", this::subscribe,
        "Unsubscribe", this::unsubscribe,
        "ListSubscriptions", this::listSubscriptions);
  }

  @Override
  public Map<String, IntSupplier> depths() {
    return Map.of("emit", emissions::pending, "listening", streams::open);
  }

  @Override
  public int pending() {
    return emissions.pending() + streams.open();
  }

  @Override
  public void start() {
    if (emissions.hasWork()) {
      lane.wake();
    }
  }

  @Override
  public void drain() {
    draining = true;
    sessions.values().forEach(each -> each.values().forEach(EventSubscription::drain));
  }

  @Override
  public void close() {
    lane.close();
  }

  private List<Optional<Status>> publish(String namespace, List<Emission> batch) {
    List<Optional<Status>> results = pubSub.publish(namespace, batch);
    int sent = 0;
    for (Optional<Status> result : results) {
      sent += result.isEmpty() ? 1 : 0;
    }
    metrics.events(Events.PUBLISHED, namespace, sent);
    return results;
  }

  private void publish(InboundCall call, Operation operation, long arrivedNanos) {
    PublishRequest request = Handler.parse(PublishRequest.parser(), call);
    QueueRules.noIdempotency(request.getIdempotencyKey(), false);
    offer(
        call,
        operation,
        arrivedNanos,
        new Emission(
            PubSubRules.topic(request.getTopic(), "topic"),
            rules.event(request.hasEvent(), request.getEvent(), call.header().traceparent())));
  }

  private void offer(InboundCall call, Operation operation, long arrivedNanos, Emission emission) {
    emissions.offer(
        new Work<>(
            call,
            operation,
            new Group(call.header().namespace(), EVENTUAL),
            emission,
            List.of(),
            1,
            emission.event().bytes(),
            arrivedNanos,
            failure ->
                failure.isPresent()
                    ? new Answer.Refusal(failure.get())
                    : new Answer.Reply(PUBLISHED)));
  }

  private void publishStream(InboundCall call, Operation operation, long arrivedNanos) {
    PublishStreamRequest first = Handler.parse(PublishStreamRequest.parser(), call);
    streams.start(
        call,
        operation,
        arrivedNanos,
        "event-stream",
        () ->
            Streams.pipeline(
                call,
                PublishStreamRequest.parser(),
                first,
                (item, request) -> publish(item, operation, request),
                PubSubCalls::publishResults));
  }

  private void publish(StreamItem item, Operation operation, PublishStreamRequest request) {
    long now = System.nanoTime();
    try {
      QueueRules.noIdempotency(request.getIdempotencyKey(), false);
      offer(
          item,
          operation,
          now,
          new Emission(
              PubSubRules.topic(request.getTopic(), "topic"),
              rules.event(request.hasEvent(), request.getEvent(), item.header().traceparent())));
      start();
    } catch (PrismException refused) {
      answers.fail(item, operation, now, refused);
    }
  }

  private static byte[] publishResults(List<StreamItem> items) {
    PublishStreamResponse.Builder response = PublishStreamResponse.newBuilder();
    for (StreamItem item : items) {
      Status failure = item.failure();
      PublishResult.Builder result = response.addResultsBuilder();
      if (failure == null) {
        result.setSuccess(PublishResponse.getDefaultInstance());
      } else {
        result.setError(failure);
      }
    }
    return response.build().toByteArray();
  }

  private void subscribe(InboundCall call, Operation operation, long arrivedNanos) {
    SubscribeRequest request = Handler.parse(SubscribeRequest.parser(), call);
    TopicPattern pattern = PubSubRules.pattern(request.getPattern());
    String group = rules.group(request.getQueueGroup());
    long number = nextId.getAndIncrement();
    String namespace = call.header().namespace();
    EventSubscription subscription =
        new EventSubscription(
            idPrefix + Long.toHexString(number),
            pattern,
            group,
            clock.millis(),
            PubSubRules.buffer(request.getBuffer()),
            PubSubRules.policy(request.getSlowPolicy()),
            heldBytes,
            mostHeldBytes,
            new EventSubscription.Counts() {
              @Override
              public void delivered(int events) {
                metrics.events(Events.DELIVERED, namespace, events);
              }

              @Override
              public void dropped(int events) {
                metrics.events(Events.DROPPED, namespace, events);
              }
            });
    streams.start(
        call,
        operation,
        arrivedNanos,
        "listening",
        () -> {
          try (Listening _ = pubSub.listen(namespace, pattern, group, subscription);
              Listening _ = register(call, number, subscription)) {
            call.onOver(subscription::over);
            subscription.run(call);
          }
        });
  }

  private Listening register(InboundCall call, long number, EventSubscription subscription) {
    Owner owner = owner(call);
    sessions.compute(
        owner,
        (key, known) -> {
          var all = known == null ? new ConcurrentSkipListMap<Long, EventSubscription>() : known;
          all.put(number, subscription);
          return all;
        });
    if (draining) {
      subscription.drain();
    }
    return () ->
        sessions.computeIfPresent(
            owner,
            (key, all) -> {
              all.remove(number);
              return all.isEmpty() ? null : all;
            });
  }

  private static Owner owner(InboundCall call) {
    return new Owner(call.header().namespace(), call.header().session());
  }

  private Iterable<EventSubscription> own(InboundCall call) {
    var all = sessions.get(owner(call));
    return all == null ? List.of() : all.values();
  }

  private void unsubscribe(InboundCall call, Operation operation, long arrivedNanos) {
    UnsubscribeRequest request = Handler.parse(UnsubscribeRequest.parser(), call);
    TopicPattern pattern = PubSubRules.pattern(request.getPattern());
    boolean existed = false;
    for (EventSubscription each : own(call)) {
      if (each.pattern().equals(pattern)
          && (request.getSubscriptionId().isEmpty()
              || request.getSubscriptionId().equals(each.id()))) {
        each.unsubscribe();
        existed = true;
      }
    }
    answers.replyFromLink(
        call,
        operation,
        arrivedNanos,
        UnsubscribeResponse.newBuilder().setExisted(existed).build().toByteArray(),
        false);
  }

  private void listSubscriptions(InboundCall call, Operation operation, long arrivedNanos) {
    ListSubscriptionsRequest request = Handler.parse(ListSubscriptionsRequest.parser(), call);
    String wanted =
        request.getPattern().isEmpty() ? "" : PubSubRules.pattern(request.getPattern()).text();
    ListSubscriptionsResponse.Builder response = ListSubscriptionsResponse.newBuilder();
    for (EventSubscription each : own(call)) {
      if (wanted.isEmpty() || wanted.equals(each.pattern().text())) {
        response.addSubscriptions(each.info());
      }
    }
    answers.replyFromLink(call, operation, arrivedNanos, response.build().toByteArray(), true);
  }
}
