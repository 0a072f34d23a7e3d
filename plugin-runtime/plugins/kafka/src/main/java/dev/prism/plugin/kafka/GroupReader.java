package dev.prism.plugin.kafka;

import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Leases;
import dev.prism.sdk.queue.Receipt;
import dev.prism.sdk.queue.Signal;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a topic for a group in this process, however many consumers there are: one member of
 * Kafka's group, with a thread of its own, because the driver's consumer is for one thread. What it
 * reads waits on a {@link Shelf}; the offset it commits is the lowest that is not settled.
 *
 * <p>Without consumers it stays for a while, so that attempts go on being counted for one that
 * comes soon, unless another process reads for the group.
 */
final class GroupReader {
  private static final Logger LOG = LoggerFactory.getLogger(GroupReader.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration REVOKE_LIMIT = Duration.ofSeconds(2);
  private static final CloseOptions LEAVE =
      CloseOptions.timeout(Duration.ofSeconds(1))
          .withGroupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP);

  /** The place is another process's, which is known by the same name. */
  private static final CloseOptions STAY =
      CloseOptions.timeout(Duration.ofSeconds(1))
          .withGroupMembershipOperation(CloseOptions.GroupMembershipOperation.REMAIN_IN_GROUP);

  private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long PAUSE_AFTER_FAILURE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final Drivers drivers;
  private final Places places;
  private final String topic;
  private final String group;
  private final InstantSource clock;
  private final Runnable onEnd;
  private final Leases leases;
  private final Shelf shelf;
  private final Commits commits;
  private final Signal signal = new Signal();
  private final Queue<FutureTask<?>> tasks = new ConcurrentLinkedQueue<>();
  private final Thread thread;

  private volatile KafkaConsumer<byte[], byte[]> consumer;
  private volatile @Nullable PrismException failure;
  private volatile boolean paused;

  /** Something is to be done before the next poll. */
  private volatile boolean wanted;

  /** The thread is in a poll, or about to be. */
  private volatile boolean polling;

  // Guarded by this.
  private int consumers;
  private long idleSince;
  private boolean ended;

  /** The reader's thread's own: whether nobody needs it here while there are no consumers. */
  private boolean inTheWay;

  private boolean idle;

  /**
   * @param name what clients call the topic
   * @param member what this process is known as; null: a new member each time
   * @param onEnd is called on the reader's thread when it has left the group
   */
  GroupReader(
      Drivers drivers,
      Places places,
      String name,
      String topic,
      String group,
      @Nullable String member,
      InstantSource clock,
      Runnable onEnd) {
    this.drivers = drivers;
    this.places = places;
    this.topic = topic;
    this.group = group;
    this.clock = clock;
    this.onEnd = onEnd;
    this.leases = new Leases(name, group);
    this.shelf = new Shelf(leases);
    this.consumer = drivers.member(Places.groupId(topic, group), member);
    this.commits = new Commits(topic, shelf);
    this.idleSince = System.nanoTime();
    this.thread = Thread.ofPlatform().name("group-" + group).daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  // ---- consumers ----

  /** One more consumer; false where the reader has ended, or is about to. */
  synchronized boolean join() {
    if (ended) {
      return false;
    }
    consumers++;
    return true;
  }

  /** One consumer less: what {@code owner} had comes back at once. */
  void leave(long owner) {
    leases.release(owner, clock.millis());
    synchronized (this) {
      consumers--;
      idleSince = System.nanoTime();
    }
    signal.raise();
    wake();
  }

  /** How many consumers there are. */
  synchronized int consumers() {
    return consumers;
  }

  Signal signal() {
    return signal;
  }

  Shelf shelf() {
    return shelf;
  }

  /** Deliveries for a consumer, as {@link Shelf#take}. */
  List<Delivery> take(long owner, int most, long mostBytes, long now, long deadline) {
    PrismException failed = failure;
    if (failed != null) {
      throw failed;
    }
    List<Delivery> taken = shelf.take(owner, most, mostBytes, now, deadline);
    if (paused && shelf.isLow()) {
      wake();
    }
    return taken;
  }

  /** When a message that was delivered comes back; {@link Long#MAX_VALUE} where none does. */
  long nextDue() {
    return leases.nextDue();
  }

  // ---- acknowledgements ----

  @Nullable Delivery find(Receipt receipt) {
    return leases.find(receipt, clock.millis());
  }

  AckResult settle(Ack ack) {
    AckResult result = leases.settle(ack, clock.millis());
    if (ack.outcome() instanceof Ack.Outcome.Again) {
      signal.raise();
    }
    return result;
  }

  /** Has what is settled written; to be waited for with {@link #awaitCommit}. */
  long requestCommit() {
    long ticket = commits.request();
    signal.raise(); // there may be room for more deliveries
    wake();
    return ticket;
  }

  /** Waits until that commit is answered. */
  Commits.Outcome awaitCommit(long ticket, long endNanos) {
    return commits.await(ticket, endNanos);
  }

  // ---- places ----

  /** Acknowledges everything before the offsets; false where others read those partitions. */
  boolean commit(Map<Integer, Long> offsets) {
    return call(
        () -> {
          if (!shelf.hasAll(offsets.keySet())) {
            return false;
          }
          offsets.forEach(
              (partition, offset) -> {
                shelf.settleBefore(partition, offset);
                TopicPartition own = new TopicPartition(topic, partition);
                if (consumer.position(own) < offset) {
                  consumer.seek(own, offset);
                }
              });
          commits.now(consumer);
          return true;
        });
  }

  /** Leaves the group, has it moved, and reads on from where it stands then. */
  void away(Runnable move) {
    call(
        () -> {
          commitLast();
          consumer.unsubscribe();
          lose();
          try {
            move.run();
          } finally {
            consumer.subscribe(List.of(topic), new Rebalances());
          }
          return true;
        });
  }

  /** Does something on the reader's thread. */
  private <T> T call(java.util.concurrent.Callable<T> work) {
    FutureTask<T> task = new FutureTask<>(work);
    tasks.add(task);
    wake();
    if (!thread.isAlive()) {
      task.cancel(false); // it came too late to be seen
    }
    try {
      return task.get(4L * Drivers.CALL_MILLIS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw Errors.answer(e.getCause());
    } catch (TimeoutException e) {
      task.cancel(false);
      throw Errors.unknown();
    } catch (CancellationException e) {
      throw PrismException.of(
          Reason.BACKEND_UNAVAILABLE, "the group was just left by this process; try again");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw PrismException.of(Reason.CANCELLED, "the call was given up");
    }
  }

  /** Has the reader end: what it has comes back to the group. Any thread; never waits. */
  void finish() {
    synchronized (this) {
      ended = true;
    }
    wake();
  }

  /** Waits until it has ended, for a moment. */
  void awaitEnd() {
    try {
      thread.join(TimeUnit.SECONDS.toMillis(3));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Only a poll is woken: what else the thread waits for would fail by it. */
  private void wake() {
    wanted = true;
    if (polling) {
      consumer.wakeup();
    }
  }

  // ---- the reader's thread ----

  private void run() {
    consumer.subscribe(List.of(topic), new Rebalances());
    while (!isToEnd()) {
      try {
        wanted = false;
        runTasks();
        commits.send(consumer);
        balance();
        for (ConsumerRecord<byte[], byte[]> record : poll()) {
          shelf.add(Records.stored(record));
        }
        note();
        failure = null;
      } catch (WakeupException e) {
        // Something is to be done first.
      } catch (FencedInstanceIdException e) {
        LOG.warn("another process is known by this one's name; a new name is taken");
        renew();
      } catch (KafkaException | IllegalStateException e) {
        fail(e);
      }
    }
    end();
  }

  private ConsumerRecords<byte[], byte[]> poll() {
    polling = true;
    try {
      return consumer.poll(wanted ? Duration.ZERO : commits.patience(POLL));
    } finally {
      polling = false;
    }
  }

  private void runTasks() {
    for (FutureTask<?> task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  private boolean isToEnd() {
    boolean wasIdle = idle;
    synchronized (this) {
      idle = consumers == 0;
      if (idle && (inTheWay || System.nanoTime() - idleSince > LINGER_NANOS)) {
        ended = true;
      }
      if (ended) {
        return true;
      }
    }
    if (idle && !wasIdle) {
      inTheWay = hasOthers();
    }
    return false;
  }

  private boolean hasOthers() {
    try {
      return places.members(topic, List.of(group)).getOrDefault(group, 0) > 1;
    } catch (PrismException e) {
      return false; // then the time will tell
    }
  }

  private void balance() {
    if (shelf.isFull()) {
      consumer.pause(consumer.assignment());
      paused = true;
    } else if (paused && shelf.isLow()) {
      paused = false;
      consumer.resume(consumer.paused());
    }
  }

  /** Notes how far the partitions are read. */
  private void note() {
    for (TopicPartition partition : consumer.assignment()) {
      shelf.fetched(
          partition.partition(),
          consumer.position(partition),
          consumer.currentLag(partition).orElse(0));
    }
    signal.raise();
  }

  private void fail(RuntimeException e) {
    // Consumers wait for brokers that are gone; what will not pass by itself they are told.
    failure = e instanceof RetriableException ? null : Errors.answer(e);
    signal.raise();
    LockSupport.parkNanos(this, PAUSE_AFTER_FAILURE_NANOS);
  }

  /** Begins anew with another driver's consumer, as a member that nobody knows. */
  private void renew() {
    close(STAY);
    lose();
    consumer = drivers.member(Places.groupId(topic, group), null);
    consumer.subscribe(List.of(topic), new Rebalances());
  }

  private void lose() {
    shelf.clear();
    commits.lose();
    paused = false;
    signal.raise();
  }

  private void close(CloseOptions how) {
    try {
      consumer.close(how);
    } catch (KafkaException e) {
      LOG.warn("closing the reader of {} failed: {}", topic, e.toString());
    }
  }

  /** Before the group is left; where it is not let in any more, what was settled comes again. */
  private void commitLast() {
    try {
      commits.now(consumer);
    } catch (KafkaException e) {
      LOG.warn("what was settled last of {} is not committed: {}", topic, e.toString());
    }
  }

  private void end() {
    commitLast();
    lose();
    for (FutureTask<?> task = tasks.poll(); task != null; task = tasks.poll()) {
      task.cancel(false);
    }
    close(LEAVE);
    onEnd.run();
  }

  /** Others come to the group, or go. On the reader's thread, in poll. */
  private final class Rebalances implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      try {
        commits.now(consumer, REVOKE_LIMIT);
      } catch (KafkaException e) {
        LOG.info("revoked partitions of {} are not committed: {}", topic, e.toString());
      }
      onPartitionsLost(partitions);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      shelf.revoke(numbers(partitions));
      commits.lose();
      signal.raise();
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      shelf.assign(numbers(partitions));
      inTheWay = idle; // somebody came
      signal.raise();
    }

    private static List<Integer> numbers(Collection<TopicPartition> partitions) {
      List<Integer> numbers = new ArrayList<>();
      for (TopicPartition partition : partitions) {
        numbers.add(partition.partition());
      }
      return numbers;
    }
  }
}
