package dev.prism.plugin.redis;

import dev.prism.sdk.queue.Topic;
import dev.prism.status.PrismException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes messages that nobody needs, and sees that the listening connection is alive. */
final class Upkeep implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);
  private static final long PROBE_MILLIS = 5000;
  private static final long LEAST_TRIM_MILLIS = 1000;
  private static final long MOST_TRIM_MILLIS = 60_000;

  private final RedisConnections connections;
  private final Wake wake;
  private final long keepMillis;
  private final Supplier<Collection<TopicKeys>> topics;
  private final Thread thread;
  private volatile boolean closed;

  /**
   * @param topics those to look after: what this process has used
   */
  Upkeep(
      RedisConnections connections,
      Wake wake,
      long keepMillis,
      Supplier<Collection<TopicKeys>> topics) {
    this.connections = connections;
    this.wake = wake;
    this.keepMillis = keepMillis;
    this.topics = topics;
    this.thread = Thread.ofPlatform().name("redis-upkeep").daemon().start(this::run);
  }

  private void run() {
    long trimEvery =
        TimeUnit.MILLISECONDS.toNanos(
            Math.clamp(keepMillis / 10, LEAST_TRIM_MILLIS, MOST_TRIM_MILLIS));
    long every = Math.min(trimEvery, TimeUnit.MILLISECONDS.toNanos(PROBE_MILLIS));
    long trimmed = System.nanoTime();
    while (!closed) {
      LockSupport.parkNanos(this, every);
      if (closed) {
        return;
      }
      wake.channels().probe();
      if (System.nanoTime() - trimmed >= trimEvery) {
        trimmed = System.nanoTime();
        trim();
      }
    }
  }

  private void trim() {
    for (TopicKeys topic : topics.get()) {
      Topic bounds = topic.topic();
      try {
        connections.read(
            connection ->
                connection.call(
                    Script.TRIM,
                    List.of(topic.stream()),
                    Bytes.list(keepMillis, bounds.retentionMillis(), bounds.retentionBytes())));
      } catch (PrismException e) {
        LOG.debug("{} is not trimmed now", bounds.physicalName(), e);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
