package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import dev.prism.queue.v1.AcknowledgeRequest;
import dev.prism.queue.v1.Delivery;
import dev.prism.queue.v1.GetTopicInfoRequest;
import dev.prism.queue.v1.GroupPartition;
import dev.prism.queue.v1.Message;
import dev.prism.queue.v1.PublishRequest;
import dev.prism.queue.v1.QueueServiceGrpc.QueueServiceBlockingStub;
import dev.prism.queue.v1.StartPosition;
import dev.prism.queue.v1.SubscribeRequest;
import dev.prism.queue.v1.SubscribeResponse;
import dev.prism.queue.v1.Subscription;
import dev.prism.type.v1.Ack;
import dev.prism.type.v1.AckResult;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Writes values that are each written once, those of a key one after the other, reads them through
 * groups, and says what must not be: a value that was acknowledged and never delivered, one that
 * nobody wrote, one delivered again after its delivery was acknowledged, values of a key out of
 * order. After Jepsen's workload for Kafka.
 *
 * <p>The group {@code shared} has two consumers; {@code lone} has one, whose first deliveries of
 * each key must come in order.
 */
final class QueueChecker implements AutoCloseable {
  private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final String TOPIC = "checked";
  private static final int PAYLOAD_BYTES = 256;
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final QueueServiceBlockingStub client;
  private final boolean redeliveriesInOrder;
  private final int total;
  private final AtomicInteger next = new AtomicInteger();
  private volatile int allowed;
  private final Set<String> attempted = ConcurrentHashMap.newKeySet();
  private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
  private final AtomicInteger refused = new AtomicInteger();
  private final Queue<String> violations = new ConcurrentLinkedQueue<>();
  private final List<Thread> publishers = new ArrayList<>();
  private final List<Thread> consumers = new ArrayList<>();
  private final Group shared = new Group("shared");
  private final Group lone = new Group("lone");
  private volatile boolean stopping;

  /** What one group has seen. */
  private static final class Group {
    final String name;

    /** By value: the attempt whose delivery was acknowledged; 0 where none was yet. */
    final Map<String, Integer> seen = new ConcurrentHashMap<>();

    /** By key: the last value that was delivered for the first time, and its offset. */
    final Map<String, Integer> lastFirst = new ConcurrentHashMap<>();

    final AtomicLong deliveries = new AtomicLong();

    Group(String name) {
      this.name = name;
    }
  }

  private QueueChecker(QueueServiceBlockingStub client, int total, boolean redeliveriesInOrder) {
    this.client = client;
    this.total = total;
    this.redeliveriesInOrder = redeliveriesInOrder;
  }

  /**
   * Starts writing {@code total} values by as many publishers, each with a key of its own, as
   * {@link #allow} lets them.
   *
   * @param redeliveriesInOrder whether what comes to the lone consumer as a later attempt must come
   *     in the order of its key as well
   */
  static QueueChecker start(
      QueueServiceBlockingStub client, int publishers, int total, boolean redeliveriesInOrder) {
    QueueChecker checker = new QueueChecker(client, total, redeliveriesInOrder);
    checker.consumers.add(Thread.startVirtualThread(() -> checker.consume(checker.shared)));
    checker.consumers.add(Thread.startVirtualThread(() -> checker.consume(checker.shared)));
    checker.consumers.add(Thread.startVirtualThread(() -> checker.consume(checker.lone)));
    for (int i = 0; i < publishers; i++) {
      String key = "key-" + i;
      checker.publishers.add(Thread.startVirtualThread(() -> checker.publish(key)));
    }
    return checker;
  }

  int acknowledgedSoFar() {
    return acknowledged.size();
  }

  /** Waits for the next value's turn; false where there is none. */
  private boolean isNextAllowed() {
    int mine = next.getAndIncrement();
    while (mine >= allowed && mine < total && !stopping) {
      LockSupport.parkNanos(TURN_NANOS);
    }
    return mine < total && !stopping;
  }

  /** Lets so many values be written in all, and no more until it is told so. */
  void allow(int values) {
    allowed = values;
  }

  private void publish(String key) {
    for (int n = 1; isNextAllowed(); n++) {
      String value = key + " " + n;
      attempted.add(value);
      PublishRequest request =
          PublishRequest.newBuilder()
              .setTopic(TOPIC)
              .setMessage(
                  Message.newBuilder()
                      .setKey(ByteString.copyFromUtf8(key))
                      .setPayload(ByteString.copyFromUtf8(value + " ".repeat(PAYLOAD_BYTES))))
              .build();
      try {
        client.withDeadlineAfter(10, TimeUnit.SECONDS).publish(request);
        acknowledged.add(value);
      } catch (StatusRuntimeException e) {
        refused.incrementAndGet(); // it may be there or not
        // As RetryInfo has it: who does not wait has tried all values before a plugin is back.
        LockSupport.parkNanos(RETRY_NANOS);
      }
    }
  }

  private void consume(Group group) {
    SubscribeRequest request =
        SubscribeRequest.newBuilder()
            .setSubscription(
                Subscription.newBuilder()
                    .setTopic(TOPIC)
                    .setGroup(group.name)
                    .setPosition(StartPosition.START_POSITION_EARLIEST)
                    .setMaxInFlight(1000)
                    .setMaxAttempts(1000))
            .build();
    while (!stopping) {
      // A stream that is left alone would go on taking messages that nobody reads.
      try (Context.CancellableContext stream = Context.current().withCancellation()) {
        stream.run(() -> consume(group, client.subscribe(request)));
      } catch (StatusRuntimeException e) {
        Thread.yield(); // the plugin or the proxy is gone; the next subscription finds another
      }
    }
  }

  private void consume(Group group, Iterator<SubscribeResponse> responses) {
    while (responses.hasNext()) {
      take(group, responses.next().getDeliveriesList());
    }
  }

  private void take(Group group, List<Delivery> deliveries) {
    if (deliveries.isEmpty()) {
      return;
    }
    AcknowledgeRequest.Builder acks = AcknowledgeRequest.newBuilder().setTopic(TOPIC);
    for (Delivery delivery : deliveries) {
      note(group, delivery);
      acks.addAcks(
          Ack.newBuilder().setReceipt(delivery.getReceipt()).setAck(Empty.getDefaultInstance()));
    }
    List<AckResult> results =
        client.withDeadlineAfter(10, TimeUnit.SECONDS).acknowledge(acks.build()).getResultsList();
    for (int i = 0; i < results.size(); i++) {
      if (results.get(i).hasSuccess()) {
        group.seen.put(value(deliveries.get(i)), deliveries.get(i).getAttempt());
      }
    }
  }

  private void note(Group group, Delivery delivery) {
    group.deliveries.incrementAndGet();
    String value = value(delivery);
    String key = delivery.getMessage().getKey().toStringUtf8();
    if (!attempted.contains(value) || !value.startsWith(key + " ")) {
      violations.add(group.name + " got what nobody wrote: " + value);
      return;
    }
    Integer before = group.seen.putIfAbsent(value, 0);
    if (before != null && before != 0 && delivery.getAttempt() > before) {
      violations.add(
          "%s got %s again, attempt %d, after attempt %d was acknowledged"
              .formatted(group.name, value, delivery.getAttempt(), before));
    }
    if (before == null && group == lone && (redeliveriesInOrder || delivery.getAttempt() == 1)) {
      int number = Integer.parseInt(value.substring(key.length() + 1));
      Integer last = group.lastFirst.put(key, number);
      if (last != null && last > number) {
        violations.add("of %s, %d came after %d".formatted(key, number, last));
      }
    }
  }

  private static String value(Delivery delivery) {
    return delivery.getMessage().getPayload().toStringUtf8().stripTrailing();
  }

  /** Waits until every value is tried, whatever came of it. */
  void awaitPublishers(Duration limit) throws InterruptedException {
    for (Thread publisher : publishers) {
      assertThat(publisher.join(limit)).as("a publisher has ended").isTrue();
    }
  }

  /** Waits until both groups have acknowledged all, and says what went wrong until then. */
  void assertNothingLostOrDisordered() {
    Await.until("both groups have read everything", Duration.ofMinutes(2), this::isRead);

    System.out.printf(
        "queue: %d acknowledged, %d unknown, deliveries %d and %d%n",
        acknowledged.size(), refused.get(), shared.deliveries.get(), lone.deliveries.get());
    assertThat(violations).isEmpty();
    for (Group group : List.of(shared, lone)) {
      List<String> lost = new ArrayList<>(acknowledged);
      lost.removeAll(group.seen.keySet());
      assertThat(lost).as("acknowledged, and never delivered to " + group.name).isEmpty();
    }
  }

  private boolean isRead() {
    try {
      return client
              .withDeadlineAfter(10, TimeUnit.SECONDS)
              .getTopicInfo(GetTopicInfoRequest.newBuilder().setTopic(TOPIC).build())
              .getGroupsList()
              .stream()
              .flatMap(group -> group.getPartitionsList().stream())
              .mapToLong(GroupPartition::getLag)
              .sum()
          == 0;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  /** Ends the publishers; the consumers end with their connection. */
  @Override
  public void close() {
    stopping = true;
  }
}
