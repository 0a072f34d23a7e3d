package dev.prism.plugin.kafka;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a group's offsets, one request at a time: what is settled meanwhile goes with the next.
 * Sending is for the reader's thread, asking and waiting for any.
 */
final class Commits {
  private static final Logger LOG = LoggerFactory.getLogger(Commits.class);
  private static final Duration LIMIT = Duration.ofMillis(Drivers.CALL_MILLIS);
  private static final int MOST_WAKE_UPS = 8;
  private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final String topic;
  private final Shelf shelf;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition answered = lock.newCondition();

  // Tickets; guarded by the lock.
  private long wanted;
  private long done;
  private long lost;

  // The reader's thread's own.
  private boolean underWay;
  private long notBefore = System.nanoTime();

  /** What became of a request. */
  enum Outcome {
    /** The brokers have it. */
    DONE,
    /** The partitions are another's now: what was settled comes again. */
    LOST,
    /** No answer yet. */
    UNKNOWN
  }

  Commits(String topic, Shelf shelf) {
    this.topic = topic;
    this.shelf = shelf;
  }

  /** Wants what is settled now to be written. */
  long request() {
    lock.lock();
    try {
      return ++wanted;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until what was wanted is written. */
  Outcome await(long ticket, long endNanos) {
    lock.lock();
    try {
      while (done < ticket && lost < ticket) {
        long left = endNanos - System.nanoTime();
        if (left <= 0) {
          return Outcome.UNKNOWN;
        }
        answered.awaitNanos(left);
      }
      return done >= ticket ? Outcome.DONE : Outcome.LOST;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Outcome.UNKNOWN;
    } finally {
      lock.unlock();
    }
  }

  private void done(long ticket) {
    lock.lock();
    try {
      done = Math.max(done, ticket);
      answered.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** What is wanted and not written is for others to do again. */
  void lose() {
    lock.lock();
    try {
      lost = wanted;
      answered.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private long wantedNow() {
    lock.lock();
    try {
      return wanted > Math.max(done, lost) ? wanted : -1;
    } finally {
      lock.unlock();
    }
  }

  /** How long the reader may wait in a poll. */
  Duration patience(Duration most) {
    return !underWay && wantedNow() >= 0
        ? Duration.ofNanos(Math.clamp(notBefore - System.nanoTime(), 0, most.toNanos()))
        : most;
  }

  /** Sends what is wanted, unless a request is under way. */
  void send(KafkaConsumer<byte[], byte[]> consumer) {
    if (underWay || System.nanoTime() - notBefore < 0) {
      return;
    }
    long ticket = wantedNow();
    if (ticket < 0) {
      return;
    }
    Map<Integer, Long> offsets = shelf.toCommit();
    if (offsets.isEmpty()) {
      done(ticket); // all of it is behind something that is not settled
      return;
    }
    underWay = true;
    consumer.commitAsync(kafkas(offsets), (committed, failure) -> answer(ticket, offsets, failure));
  }

  private void answer(long ticket, Map<Integer, Long> offsets, @Nullable Exception failure) {
    underWay = false;
    if (failure == null) {
      shelf.committed(offsets);
      done(ticket);
    } else if (failure instanceof RetriableException
        || failure instanceof RebalanceInProgressException) {
      notBefore = System.nanoTime() + AGAIN_NANOS;
    } else {
      LOG.info("a commit of {} was refused: {}", topic, failure.toString());
      lose();
    }
  }

  /** Writes what is settled now, and waits for it. */
  void now(KafkaConsumer<byte[], byte[]> consumer) {
    now(consumer, LIMIT);
  }

  void now(KafkaConsumer<byte[], byte[]> consumer, Duration limit) {
    long ticket = wantedNow();
    Map<Integer, Long> offsets = shelf.toCommit();
    if (!offsets.isEmpty()) {
      commitSync(consumer, kafkas(offsets), limit);
      shelf.committed(offsets);
    }
    if (ticket >= 0) {
      done(ticket);
    }
  }

  /** A wake-up that was meant for a poll may come too late for it, and hit this instead. */
  private static void commitSync(
      KafkaConsumer<byte[], byte[]> consumer,
      Map<TopicPartition, OffsetAndMetadata> offsets,
      Duration limit) {
    for (int attempt = 1; true; attempt++) {
      try {
        consumer.commitSync(offsets, limit);
        return;
      } catch (WakeupException e) {
        if (attempt == MOST_WAKE_UPS) {
          throw e;
        }
      }
    }
  }

  private Map<TopicPartition, OffsetAndMetadata> kafkas(Map<Integer, Long> offsets) {
    Map<TopicPartition, OffsetAndMetadata> kafkas = new HashMap<>();
    offsets.forEach(
        (partition, offset) ->
            kafkas.put(new TopicPartition(topic, partition), new OffsetAndMetadata(offset)));
    return kafkas;
  }
}
