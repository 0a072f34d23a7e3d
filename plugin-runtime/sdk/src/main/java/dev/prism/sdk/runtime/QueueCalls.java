package dev.prism.sdk.runtime;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.rpc.Status;
import dev.prism.link.InboundCall;
import dev.prism.queue.v1.AcknowledgeRequest;
import dev.prism.queue.v1.AcknowledgeResponse;
import dev.prism.queue.v1.CommitRequest;
import dev.prism.queue.v1.CommitResponse;
import dev.prism.queue.v1.GetTopicInfoRequest;
import dev.prism.queue.v1.PublishBatchRequest;
import dev.prism.queue.v1.PublishRequest;
import dev.prism.queue.v1.SeekRequest;
import dev.prism.queue.v1.SeekResponse;
import dev.prism.sdk.CallContext;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.MessageQueue;
import dev.prism.sdk.queue.Publication;
import dev.prism.sdk.queue.PublicationResult;
import dev.prism.sdk.queue.PublishResult;
import dev.prism.sdk.queue.Start;
import dev.prism.sdk.runtime.PluginMetrics.Operation;
import dev.prism.sdk.runtime.Work.Group;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves {@code QueueService} from a queue: the methods with one answer; {@link QueueStreams} has
 * the others.
 */
final class QueueCalls implements DataCalls {
  /** Messages, and acknowledgements, of one batch. */
  private static final int BATCH_MESSAGES = 1024;

  /** Calls of Commit, Seek and GetTopicInfo at once. */
  private static final int MOST_OTHERS = 64;

  private static final Consistency EVENTUAL = new Consistency(Consistency.Level.EVENTUAL, 0);

  private final MessageQueue queue;
  private final QueueRules rules;
  private final Answers answers;
  private final Coalescer<Publication, PublicationResult> publications;
  private final Coalescer<List<Ack>, List<AckResult>> acks;
  private final Lanes publishLane;
  private final Lanes ackLane;
  private final PluginMetrics metrics;
  private final InFlight inFlight = new InFlight();
  private final QueueStreams streams;
  private final AtomicInteger others = new AtomicInteger();

  /**
   * @param process this one's number among those of the backend
   */
  QueueCalls(
      MessageQueue queue,
      QueueRules rules,
      Answers answers,
      PluginMetrics metrics,
      Budget budget,
      InstantSource clock,
      int process) {
    this.queue = queue;
    this.rules = rules;
    this.answers = answers;
    this.metrics = metrics;
    Coalescer.Limits limits =
        new Coalescer.Limits(
            BATCH_MESSAGES,
            budget.batchBytes(),
            StoreBackends.MOST_PENDING,
            budget.maxPendingBytes());
    this.publications =
        new Coalescer<>(
            new Publishing(),
            false,
            new Coalescer.Limits(
                limits.batchWeight(),
                limits.batchBytes(),
                limits.pending(),
                limits.pendingBytes(),
                queue.messagesUnderWay(),
                queue.gatherNanos()),
            new AnswerEvents<>(answers, metrics.call("publish"), false, false));
    this.streams =
        new QueueStreams(queue, rules, this, answers, metrics, inFlight, budget, clock, process);
    this.acks =
        new Coalescer<>(
            this::settle,
            false,
            limits,
            new AnswerEvents<>(answers, metrics.call("acknowledge"), false, false));
    this.publishLane = new Lanes("publish", queue.batchesUnderWay(), publications);
    this.ackLane = new Lanes("acknowledge", 1, acks);
  }

  @Override
  public Map<String, Handler> handlers() {
    return Map.of(
        "Publish", this::publish,
        "PublishBatch", this::publishBatch,
        "PublishStream", streams::publishStream,
        "Subscribe", streams::subscribe,
        "Consume", streams::consume,
        "Acknowledge", this::acknowledge,
        "Commit", other(CommitRequest.parser(), this::commit),
        "Seek", other(SeekRequest.parser(), this::seek),
        "GetTopicInfo", other(GetTopicInfoRequest.parser(), this::info));
  }

  @Override
  public Map<String, IntSupplier> depths() {
    return Map.of(
        "publish", publications::pending,
        "acknowledge", acks::pending,
        "subscription", streams::open);
  }

  @Override
  public int pending() {
    return publications.pending() + acks.pending() + others.get() + streams.open();
  }

  @Override
  public void start() {
    if (publications.hasWork()) {
      publishLane.wake();
    }
    if (acks.hasWork()) {
      ackLane.wake();
    }
  }

  @Override
  public void drain() {
    streams.drain();
  }

  @Override
  public void close() {
    publishLane.close();
    ackLane.close();
  }

  /** Batches are sent in their order; the next is sent while acknowledgements are awaited. */
  private final class Publishing implements Coalescer.Backend<Publication, PublicationResult> {
    @Override
    public List<PublicationResult> run(Group group, List<Publication> batch) {
      return begin(group, batch).get();
    }

    @Override
    public Supplier<List<PublicationResult>> begin(Group group, List<Publication> batch) {
      Supplier<List<PublicationResult>> sent = queue.send(group.namespace(), batch);
      return () -> counted(group.namespace(), sent.get());
    }

    @Override
    public boolean inParts() {
      return true;
    }
  }

  private List<PublicationResult> counted(String namespace, List<PublicationResult> results) {
    int published = 0;
    for (PublicationResult result : results) {
      if (result instanceof PublicationResult.Applied(List<PublishResult> each)) {
        for (PublishResult one : each) {
          published += one instanceof PublishResult.Published ? 1 : 0;
        }
      }
    }
    metrics.messages(PluginMetrics.Messages.PUBLISHED, namespace, published);
    return results;
  }

  private void publish(InboundCall call, Operation operation, long arrivedNanos) {
    PublishRequest request = Handler.parse(PublishRequest.parser(), call);
    if (!request.hasMessage()) {
      throw QueueRules.invalid(Reason.FIELD_INVALID, "message", "must be set");
    }
    offer(call, operation, arrivedNanos, publication(request, call.header().traceparent()));
  }

  /** A request of Publish, and each of a PublishStream. */
  Publication publication(PublishRequest request, @Nullable String traceparent) {
    String topic = rules.topic(request.getTopic());
    var message = rules.message(request.getMessage(), "message.", traceparent);
    return new Publication(
        topic,
        List.of(message),
        false,
        rules.idempotency(
            request.getIdempotencyKey(),
            "Queue.Publish/" + topic,
            () -> request.toBuilder().clearIdempotencyKey().build(),
            results -> first(results)));
  }

  private static byte[] first(List<PublishResult> results) {
    return results.getFirst() instanceof PublishResult.Published published
        ? QueueMessages.published(published).toByteArray()
        : new byte[0];
  }

  /** Hands a publication of one message to the queue. */
  void offer(InboundCall call, Operation operation, long arrivedNanos, Publication publication) {
    offer(
        call,
        operation,
        arrivedNanos,
        publication,
        results ->
            results.getFirst() instanceof PublishResult.Failed(Status status)
                ? new Answer.Refusal(status)
                : new Answer.Reply(first(results)));
  }

  private void publishBatch(InboundCall call, Operation operation, long arrivedNanos) {
    PublishBatchRequest request = Handler.parse(PublishBatchRequest.parser(), call);
    String topic = rules.topic(request.getTopic());
    rules.batchSize(request.getMessagesCount(), "messages");
    if (request.getAtomic()) {
      rules.need(dev.prism.sdk.Capability.ATOMIC_BATCH);
    }
    List<dev.prism.sdk.queue.Message> messages = new ArrayList<>(request.getMessagesCount());
    for (int i = 0; i < request.getMessagesCount(); i++) {
      messages.add(
          rules.message(
              request.getMessages(i), "messages[" + i + "].", call.header().traceparent()));
    }
    offer(
        call,
        operation,
        arrivedNanos,
        new Publication(
            topic,
            messages,
            request.getAtomic(),
            rules.idempotency(
                request.getIdempotencyKey(),
                "Queue.PublishBatch/" + topic,
                () -> request.toBuilder().clearIdempotencyKey().build(),
                QueueMessages::publishBatch)),
        results -> new Answer.Reply(QueueMessages.publishBatch(results)));
  }

  private void offer(
      InboundCall call,
      Operation operation,
      long arrivedNanos,
      Publication publication,
      Function<List<PublishResult>, Answer> answer) {
    long bytes = 0;
    for (dev.prism.sdk.queue.Message message : publication.messages()) {
      bytes += message.bytes();
    }
    publications.offer(
        new Work<>(
            call,
            operation,
            new Group(call.header().namespace(), EVENTUAL),
            publication,
            List.of(),
            publication.messages().size(),
            bytes,
            arrivedNanos,
            result ->
                switch (result) {
                  case PublicationResult.Applied(List<PublishResult> results) ->
                      answer.apply(results);
                  case PublicationResult.Replayed(byte[] response) -> new Answer.Reply(response);
                  case PublicationResult.Failed(Status status) -> new Answer.Refusal(status);
                }));
  }

  private void acknowledge(InboundCall call, Operation operation, long arrivedNanos) {
    AcknowledgeRequest request = Handler.parse(AcknowledgeRequest.parser(), call);
    QueueRules.noIdempotency(request.getIdempotencyKey(), false);
    rules.batchSize(request.getAcksCount(), "acks");
    offerAcks(
        call,
        operation,
        arrivedNanos,
        rules.topic(request.getTopic()),
        request.getAcksList(),
        results -> AcknowledgeResponse.newBuilder().addAllResults(results).build().toByteArray());
  }

  /** Hands acknowledgements to the queue; those that are wrong in themselves are answered so. */
  void offerAcks(
      InboundCall call,
      Operation operation,
      long arrivedNanos,
      String topic,
      List<dev.prism.type.v1.Ack> given,
      Function<List<dev.prism.type.v1.AckResult>, byte[]> encode) {
    List<Ack> valid = new ArrayList<>(given.size());
    AckResult[] results = new AckResult[given.size()];
    for (int i = 0; i < results.length; i++) {
      try {
        valid.add(QueueRules.ack(given.get(i), topic, "acks[" + i + "]."));
      } catch (PrismException wrong) {
        results[i] = new AckResult.Failed(wrong.status());
      }
    }
    acks.offer(
        new Work<>(
            call,
            operation,
            new Group(call.header().namespace(), EVENTUAL),
            valid,
            List.of(),
            Math.max(1, valid.size()),
            Math.max(1, valid.size()) * 256L,
            arrivedNanos,
            settled -> {
              List<dev.prism.type.v1.AckResult> told = new ArrayList<>(results.length);
              int next = 0;
              for (int i = 0; i < results.length; i++) {
                AckResult result = results[i] == null ? settled.get(next++) : results[i];
                told.add(QueueMessages.ack(given.get(i).getReceipt(), result));
              }
              return new Answer.Reply(encode.apply(told));
            }));
  }

  /** Acknowledges on behalf of the runtime; returns when that is done. Any thread. */
  void bury(InboundCall stream, Operation operation, List<Ack> dead) {
    Thread waiting = Thread.currentThread();
    StreamItem item = new StreamItem(stream, new byte[0], () -> LockSupport.unpark(waiting));
    acks.offer(
        new Work<>(
            item,
            operation,
            new Group(stream.header().namespace(), EVENTUAL),
            dead,
            List.of(),
            dead.size(),
            dead.size() * 256L,
            System.nanoTime(),
            results -> new Answer.Reply(new byte[0])));
    start();
    while (!item.isAnswered()) {
      LockSupport.park(item);
    }
    Status failure = item.failure();
    if (failure != null && !stream.isOver()) {
      throw PrismException.of(Reason.BACKEND_UNAVAILABLE, failure.getMessage());
    }
  }

  /** One batch of acknowledgements, those of subscriptions without a group apart. */
  private List<List<AckResult>> settle(Group group, List<List<Ack>> batch) {
    List<Ack> all = new ArrayList<>();
    for (List<Ack> each : batch) {
      for (Ack ack : each) {
        if (!ack.receipt().group().isEmpty()) {
          all.add(ack);
        }
      }
    }
    List<AckResult> grouped = all.isEmpty() ? List.of() : queue.acknowledge(group.namespace(), all);
    if (grouped.size() != all.size()) {
      throw new IllegalStateException(
          "the queue gave " + grouped.size() + " results for " + all.size() + " acks");
    }
    List<List<AckResult>> results = new ArrayList<>(batch.size());
    int next = 0;
    int done = 0;
    int dead = 0;
    for (List<Ack> each : batch) {
      List<AckResult> own = new ArrayList<>(each.size());
      for (Ack ack : each) {
        AckResult result =
            ack.receipt().group().isEmpty()
                ? streams.settle(group.namespace(), ack)
                : grouped.get(next++);
        inFlight.settled(ack, result);
        if (result instanceof AckResult.Taken) {
          done += ack.outcome() instanceof Ack.Outcome.Done ? 1 : 0;
          dead += ack.outcome() instanceof Ack.Outcome.Dead ? 1 : 0;
        }
        own.add(result);
      }
      results.add(own);
    }
    metrics.messages(PluginMetrics.Messages.ACKNOWLEDGED, group.namespace(), done);
    metrics.messages(PluginMetrics.Messages.DEAD, group.namespace(), dead);
    return results;
  }

  @FunctionalInterface
  private interface Other<M> {
    byte[] answer(String namespace, M request);
  }

  /** A method that is rare: on a virtual thread of its own. */
  private <M extends Message> Handler other(Parser<M> parser, Other<M> method) {
    return (call, operation, arrivedNanos) -> {
      M request = Handler.parse(parser, call);
      if (others.incrementAndGet() > MOST_OTHERS) {
        others.decrementAndGet();
        throw PrismException.of(
            Reason.OVERLOADED, "the plugin has too many calls waiting; try again after a moment");
      }
      Thread.ofVirtual()
          .name("queue-call")
          .start(
              () -> {
                try {
                  byte[] response =
                      CallContext.call(
                          List.of(call.header()),
                          () -> method.answer(call.header().namespace(), request));
                  answers.reply(call, operation, arrivedNanos, response);
                } catch (Throwable e) {
                  // Whatever the queue throws is the answer of this one caller.
                  answers.fail(call, operation, arrivedNanos, e);
                } finally {
                  others.decrementAndGet();
                }
              });
    };
  }

  private byte[] commit(String namespace, CommitRequest request) {
    QueueRules.noIdempotency(request.getIdempotencyKey(), false);
    queue.commit(
        namespace,
        rules.topic(request.getTopic()),
        rules.group(request.getGroup()),
        QueueRules.offsets(request.getOffsets(), "offsets").offsets());
    return CommitResponse.getDefaultInstance().toByteArray();
  }

  private byte[] seek(String namespace, SeekRequest request) {
    QueueRules.noIdempotency(request.getIdempotencyKey(), false);
    Start target =
        switch (request.getTargetCase()) {
          case POSITION -> QueueRules.place(request.getPosition(), "position");
          case TIME -> rules.time(request.getTime(), "time");
          case OFFSETS -> QueueRules.offsets(request.getOffsets(), "offsets");
          case TARGET_NOT_SET -> new Start.Committed();
        };
    if (target instanceof Start.Committed) {
      throw QueueRules.invalid(
          Reason.FIELD_INVALID, "target", "must be EARLIEST, LATEST, a time or offsets");
    }
    return SeekResponse.newBuilder()
        .setOffsets(
            QueueMessages.offsets(
                queue.seek(
                    namespace,
                    rules.topic(request.getTopic()),
                    rules.group(request.getGroup()),
                    target)))
        .build()
        .toByteArray();
  }

  private byte[] info(String namespace, GetTopicInfoRequest request) {
    List<String> groups = request.getGroupsList().stream().map(rules::group).toList();
    return QueueMessages.info(queue.info(namespace, rules.topic(request.getTopic()), groups))
        .toByteArray();
  }
}
