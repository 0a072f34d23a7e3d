package dev.prism.plugin.kafka;

import dev.prism.sdk.pubsub.Fanout;
import dev.prism.sdk.pubsub.Listener;
import dev.prism.sdk.pubsub.Listening;
import dev.prism.sdk.pubsub.TopicPattern;
import dev.prism.sdk.queue.Signal;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears the events of a namespace for all its listeners in this process: one of the driver's
 * consumers, without a group, on a thread of its own. It begins at the end of what is there, and
 * goes when nobody has listened for a while.
 */
final class EventReader {
  private static final Logger LOG = LoggerFactory.getLogger(EventReader.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);
  private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long LISTEN_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long PAUSE_AFTER_FAILURE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Runnable onEnd;
  private final Fanout fanout = new Fanout();
  private final Map<Integer, Long> heard = new ConcurrentHashMap<>();
  private final Signal signal = new Signal();
  private final Thread thread;

  // Guarded by this.
  private int listeners;
  private long idleSince = System.nanoTime();
  private boolean ended;

  /**
   * Hears what comes after {@code ends}.
   *
   * @param onEnd is called on the reader's thread when it has ended
   */
  EventReader(Drivers drivers, String topic, Map<Integer, Long> ends, Runnable onEnd) {
    this.onEnd = onEnd;
    this.consumer = drivers.listener();
    Map<TopicPartition, Long> positions = new HashMap<>();
    ends.forEach(
        (partition, offset) -> positions.put(new TopicPartition(topic, partition), offset));
    consumer.assign(positions.keySet());
    positions.forEach(consumer::seek);
    heard.putAll(ends);
    this.thread = Thread.ofPlatform().name("events").daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** One more listener is about to be added; false where the reader has ended. */
  synchronized boolean join() {
    if (ended) {
      return false;
    }
    listeners++;
    return true;
  }

  /**
   * Adds a listener, once everything is heard that was there when it came: that is not for it.
   *
   * @param ends what was there
   */
  Listening add(TopicPattern pattern, String group, Listener listener, Map<Integer, Long> ends) {
    try {
      awaitHeard(ends);
    } catch (PrismException e) {
      leave();
      throw e;
    }
    Listening added = fanout.add(pattern, group, listener);
    return () -> {
      added.close();
      leave();
    };
  }

  private void awaitHeard(Map<Integer, Long> ends) {
    long end = System.nanoTime() + LISTEN_NANOS;
    while (true) {
      long seen = signal.count();
      boolean all =
          ends.entrySet().stream()
              .allMatch(each -> heard.getOrDefault(each.getKey(), 0L) >= each.getValue());
      if (all) {
        return;
      }
      long left = end - System.nanoTime();
      if (left <= 0) {
        throw PrismException.of(
            Reason.BACKEND_UNAVAILABLE, "earlier events of Kafka are still being read");
      }
      signal.await(seen, left, () -> false);
    }
  }

  private synchronized void leave() {
    listeners--;
    idleSince = System.nanoTime();
  }

  private void run() {
    while (!isToEnd()) {
      try {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          fanout.deliver(Events.topic(record), Events.event(record));
        }
        for (TopicPartition partition : consumer.assignment()) {
          heard.put(partition.partition(), consumer.position(partition));
        }
        signal.raise();
      } catch (WakeupException e) {
        // It is over.
      } catch (KafkaException | IllegalStateException e) {
        LOG.warn("hearing events failed; it is tried again: {}", e.toString());
        LockSupport.parkNanos(this, PAUSE_AFTER_FAILURE_NANOS);
      }
    }
    try {
      consumer.close(CloseOptions.timeout(CLOSE_LIMIT));
    } catch (KafkaException e) {
      LOG.warn("closing the reader of events failed: {}", e.toString());
    }
    onEnd.run();
  }

  private synchronized boolean isToEnd() {
    if (listeners == 0 && System.nanoTime() - idleSince > LINGER_NANOS) {
      ended = true;
    }
    return ended;
  }

  /** Has it end. Any thread; never waits. */
  void finish() {
    synchronized (this) {
      ended = true;
    }
    consumer.wakeup();
  }

  /** Waits until it has ended, for a moment. */
  void awaitEnd() {
    try {
      thread.join(TimeUnit.SECONDS.toMillis(3));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
