package dev.prism.plugin.kafka;

import dev.prism.sdk.queue.MessageReader;
import dev.prism.sdk.queue.Signal;
import dev.prism.sdk.queue.Stored;
import dev.prism.status.PrismException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a topic for one subscription without a group. A thread of its own fetches ahead, a little:
 * the driver's consumer would hold up the virtual thread that waits for messages.
 */
final class TopicReader implements MessageReader {
  private static final Logger LOG = LoggerFactory.getLogger(TopicReader.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);
  private static final int MOST_READY = 1_000;
  private static final long MOST_READY_BYTES = 1 << 20;
  private static final long CATCH_UP_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long PAUSE_AFTER_FAILURE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final String topic;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Map<Integer, Long> ends;
  private final Runnable onEnd;
  private final LinkedBlockingQueue<Stored> ready = new LinkedBlockingQueue<>();
  private final AtomicLong readyBytes = new AtomicLong();
  private final Signal signal = new Signal();
  private final Thread thread;
  private volatile boolean caughtUp;
  private volatile boolean paused;
  private volatile boolean woken;
  private volatile boolean closed;
  private volatile @Nullable PrismException failure;

  /**
   * Reads from {@code from} on.
   *
   * @param ends what has to be read before there may be nothing more
   * @param onEnd is called when it has ended
   */
  TopicReader(
      Drivers drivers,
      String topic,
      Map<Integer, Long> from,
      Map<Integer, Long> ends,
      Runnable onEnd) {
    this.topic = topic;
    this.ends = ends;
    this.onEnd = onEnd;
    this.consumer = drivers.reader();
    Map<TopicPartition, Long> positions = new HashMap<>();
    from.forEach(
        (partition, offset) -> positions.put(new TopicPartition(topic, partition), offset));
    consumer.assign(positions.keySet());
    positions.forEach(consumer::seek);
    this.thread = Thread.ofPlatform().name("reader").daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  private void run() {
    while (!closed) {
      try {
        balance();
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          Stored stored = Records.stored(record);
          readyBytes.addAndGet(stored.message().bytes());
          ready.add(stored);
        }
        caughtUp = isCaughtUp();
        failure = null;
      } catch (WakeupException e) {
        // There is room again, or it is over.
      } catch (KafkaException | IllegalStateException e) {
        failure = Errors.answer(e);
        LockSupport.parkNanos(this, PAUSE_AFTER_FAILURE_NANOS);
      }
      signal.raise();
    }
    try {
      consumer.close(org.apache.kafka.clients.consumer.CloseOptions.timeout(CLOSE_LIMIT));
    } catch (KafkaException e) {
      LOG.warn("closing a reader of {} failed: {}", topic, e.toString());
    }
    onEnd.run();
  }

  private boolean isFull() {
    return ready.size() >= MOST_READY || readyBytes.get() >= MOST_READY_BYTES;
  }

  private boolean isLow() {
    return ready.size() <= MOST_READY / 2 && readyBytes.get() <= MOST_READY_BYTES / 2;
  }

  private void balance() {
    if (isFull()) {
      consumer.pause(consumer.assignment());
      paused = true;
    } else if (paused && isLow()) {
      paused = false;
      consumer.resume(consumer.paused());
    }
  }

  private boolean isCaughtUp() {
    for (TopicPartition partition : consumer.assignment()) {
      if (consumer.position(partition) < ends.getOrDefault(partition.partition(), 0L)
          || consumer.currentLag(partition).orElse(0) > 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  public List<Stored> next(int most, long mostBytes, long patienceNanos) {
    long begun = System.nanoTime();
    while (true) {
      long seen = signal.count();
      PrismException failed = failure;
      if (failed != null) {
        throw failed;
      }
      boolean all = caughtUp;
      List<Stored> read = take(most, mostBytes);
      long patience = all ? patienceNanos : Math.max(patienceNanos, CATCH_UP_NANOS);
      long left = begun + patience - System.nanoTime();
      if (!read.isEmpty() || woken || left <= 0 || Thread.currentThread().isInterrupted()) {
        woken = false;
        return read;
      }
      signal.await(seen, left, () -> woken);
    }
  }

  private List<Stored> take(int most, long mostBytes) {
    List<Stored> read = new ArrayList<>();
    long bytes = 0;
    for (Stored next = ready.peek(); next != null && read.size() < most; next = ready.peek()) {
      bytes += next.message().bytes();
      if (bytes > mostBytes && !read.isEmpty()) {
        break;
      }
      ready.remove();
      readyBytes.addAndGet(-next.message().bytes());
      read.add(next);
    }
    if (paused && isLow()) {
      consumer.wakeup();
    }
    return read;
  }

  @Override
  public void wake() {
    woken = true;
    signal.wake();
  }

  /** Never waits: the reader's thread ends by itself. */
  @Override
  public void close() {
    closed = true;
    consumer.wakeup();
  }

  /** Waits until it has ended, for a moment. */
  void awaitEnd() {
    try {
      thread.join(TimeUnit.SECONDS.toMillis(2));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
