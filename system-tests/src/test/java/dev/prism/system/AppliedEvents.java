package dev.prism.system;

import com.google.protobuf.Empty;
import dev.prism.queue.v1.AcknowledgeRequest;
import dev.prism.queue.v1.Delivery;
import dev.prism.queue.v1.QueueServiceGrpc.QueueServiceBlockingStub;
import dev.prism.queue.v1.StartPosition;
import dev.prism.queue.v1.SubscribeRequest;
import dev.prism.queue.v1.SubscribeResponse;
import dev.prism.queue.v1.Subscription;
import dev.prism.sdk.rows.Values;
import dev.prism.transact.v1.DataWrite;
import dev.prism.transact.v1.Inbox;
import dev.prism.transact.v1.Insert;
import dev.prism.transact.v1.TransactServiceGrpc.TransactServiceBlockingV2Stub;
import dev.prism.transact.v1.WriteRequest;
import dev.prism.type.v1.Ack;
import dev.prism.type.v1.Header;
import io.grpc.Context;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import java.util.Iterator;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** A consumer of events that applies each once, however often it is delivered: through an inbox. */
final class AppliedEvents implements AutoCloseable {
  private static final String GROUP = "appliers";
  private static final int IN_FLIGHT = 256;
  private static final long DEADLINE_MILLIS = 5_000;
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final QueueServiceBlockingStub queue;
  private final TransactServiceBlockingV2Stub transact;
  private final Set<String> orders = ConcurrentHashMap.newKeySet();
  private final AtomicLong deliveries = new AtomicLong();
  private final Thread consumer = Thread.ofVirtual().unstarted(this::consume);
  private volatile boolean stopping;

  AppliedEvents(QueueServiceBlockingStub queue, TransactServiceBlockingV2Stub transact) {
    this.queue = queue;
    this.transact = transact;
  }

  void start() {
    consumer.start();
  }

  /** Those whose effect is known to be there. */
  Set<String> orders() {
    return orders;
  }

  long deliveries() {
    return deliveries.get();
  }

  private void consume() {
    SubscribeRequest request =
        SubscribeRequest.newBuilder()
            .setSubscription(
                Subscription.newBuilder()
                    .setTopic(OutboxTrial.TOPIC)
                    .setGroup(GROUP)
                    .setPosition(StartPosition.START_POSITION_EARLIEST)
                    .setMaxInFlight(IN_FLIGHT)
                    .setMaxAttempts(1000))
            .build();
    while (!stopping) {
      try (Context.CancellableContext context = Context.current().withCancellation()) {
        context.run(() -> take(queue.subscribe(request)));
      } catch (StatusRuntimeException ended) {
        LockSupport.parkNanos(RETRY_NANOS);
      }
    }
  }

  private void take(Iterator<SubscribeResponse> responses) {
    while (!stopping && responses.hasNext()) {
      for (Delivery delivery : responses.next().getDeliveriesList()) {
        deliveries.incrementAndGet();
        Thread.startVirtualThread(() -> apply(delivery));
      }
    }
  }

  /** Its effect and the note that it was processed are one transaction, which may be sent again. */
  private void apply(Delivery delivery) {
    String order = delivery.getMessage().getPayload().toStringUtf8();
    WriteRequest request =
        WriteRequest.newBuilder()
            .addWrites(
                DataWrite.newBuilder()
                    .setTable("effects")
                    .setInsert(
                        Insert.newBuilder()
                            .putValues("id", Values.of(UUID.randomUUID().toString()))
                            .putValues("order_id", Values.of(order))))
            .setInbox(Inbox.newBuilder().setName("applier").setMessageId(id(delivery)))
            .build();
    while (!stopping) {
      try {
        transact.withDeadlineAfter(DEADLINE_MILLIS, TimeUnit.MILLISECONDS).write(request);
        orders.add(order);
        acknowledge(delivery);
        return;
      } catch (StatusException | StatusRuntimeException refused) {
        LockSupport.parkNanos(RETRY_NANOS);
      }
    }
  }

  private static String id(Delivery delivery) {
    return delivery.getMessage().getHeadersList().stream()
        .filter(header -> header.getName().equals("message-id"))
        .map(Header::getValue)
        .map(value -> value.toStringUtf8())
        .findFirst()
        .orElseThrow(() -> new AssertionError("a relayed message has its id"));
  }

  /** Where it fails the event comes again, and the inbox knows it. */
  private void acknowledge(Delivery delivery) {
    var answer =
        queue
            .withDeadlineAfter(DEADLINE_MILLIS, TimeUnit.MILLISECONDS)
            .acknowledge(
                AcknowledgeRequest.newBuilder()
                    .setTopic(OutboxTrial.TOPIC)
                    .addAcks(
                        Ack.newBuilder()
                            .setReceipt(delivery.getReceipt())
                            .setAck(Empty.getDefaultInstance()))
                    .build());
    if (answer.getResultsCount() != 1) {
      throw new AssertionError("an acknowledgement has one result");
    }
  }

  @Override
  public void close() {
    stopping = true;
  }
}
