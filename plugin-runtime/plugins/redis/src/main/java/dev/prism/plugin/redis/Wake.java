package dev.prism.plugin.redis;

import dev.prism.sdk.queue.Signal;
import dev.prism.status.PrismException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisException;

/**
 * One connection of this process that listens: for news of the topics that are read here, and on a
 * channel of the process's own, by which others see that it lives. On a thread of its own.
 */
final class Wake implements AutoCloseable {
  /** What the channels of processes begin with. */
  static final String PROCESSES = "prism:process:";

  private static final Logger LOG = LoggerFactory.getLogger(Wake.class);
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(15);

  /**
   * After the server was away, others get this long to be there again before they count as gone.
   */
  private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final RedisSettings settings;
  private final RedisConnection.Opener opener;
  private final String process;
  private final Map<String, Listened> topics = new ConcurrentHashMap<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Thread thread;
  private @Nullable RedisConnection connection;
  private boolean ready;
  private int connected;
  private volatile long readyNanos;
  private volatile long heardNanos;
  private volatile boolean settled;
  private volatile boolean closed;

  private static final class Listened {
    final Signal signal = new Signal();
    int users;
  }

  Wake(RedisSettings settings, String process) {
    this.settings = settings;
    this.opener = new RedisConnection.Opener(settings, settings.timeoutMillis(), 0);
    this.process = process;
    this.thread = Thread.ofPlatform().name("redis-wake").daemon().start(this::run);
  }

  /** The signal that is raised when there is news on a channel; {@link #leave} when done. */
  Signal join(String channel) {
    lock.lock();
    try {
      Listened listened = topics.computeIfAbsent(channel, _ -> new Listened());
      if (listened.users++ == 0) {
        tell(Command.SUBSCRIBE, channel);
      }
      return listened.signal;
    } finally {
      lock.unlock();
    }
  }

  void leave(String channel) {
    lock.lock();
    try {
      Listened listened = topics.get(channel);
      if (listened != null && --listened.users == 0) {
        topics.remove(channel);
        tell(Command.UNSUBSCRIBE, channel);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Sends what needs no answer here; where it fails the reading thread sees to it. */
  private void tell(Command command, String channel) {
    RedisConnection open = connection;
    if (open != null) {
      try {
        open.sendCommand(command, channel);
        open.push();
      } catch (JedisException e) {
        LOG.debug("the listening connection is lost", e);
      }
    }
  }

  /** Waits until others can see that this process lives. */
  void awaitReady() {
    long left = TimeUnit.MILLISECONDS.toNanos(settings.timeoutMillis());
    lock.lock();
    try {
      while (!ready && left > 0) {
        left = changed.awaitNanos(left);
      }
      if (ready) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
    throw Failures.unavailable("the server is not reached");
  }

  /** Whether processes that are not seen now are gone, rather than not back yet. */
  boolean isSettled() {
    return settled || System.nanoTime() - readyNanos > SETTLE_NANOS;
  }

  /** Has the server say something, and gives a connection up on which it has long not. */
  void probe() {
    lock.lock();
    try {
      if (connection != null && System.nanoTime() - heardNanos > SILENCE_NANOS) {
        end(connection);
      } else if (ready) {
        tell(Command.PING, process);
      }
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    while (!closed) {
      try {
        listen();
      } catch (PrismException | JedisException e) {
        LOG.debug("the listening connection is lost", e);
      } finally {
        forget();
      }
      if (!closed) {
        LockSupport.parkNanos(this, RETRY_NANOS);
      }
    }
  }

  private void listen() {
    // It reads without a bound: silence is what probe() is for.
    RedisConnection opened = opener.open();
    lock.lock();
    try {
      connection = opened;
      heardNanos = System.nanoTime();
      tell(Command.SUBSCRIBE, PROCESSES + process);
      topics.keySet().forEach(channel -> tell(Command.SUBSCRIBE, channel));
    } finally {
      lock.unlock();
    }
    while (!closed) {
      Object said = opened.getUnflushedObject();
      heardNanos = System.nanoTime();
      if (said instanceof List<?> parts && parts.size() == 3) {
        take(Bytes.text(parts.get(0)), parts.get(1));
      }
    }
  }

  private void take(String kind, Object channel) {
    if (kind.equals("message")) {
      Listened listened = topics.get(Bytes.text(channel));
      if (listened != null) {
        listened.signal.raise();
      }
    } else if (kind.equals("subscribe") && Bytes.text(channel).equals(PROCESSES + process)) {
      lock.lock();
      try {
        ready = true;
        settled = connected++ == 0;
        readyNanos = System.nanoTime();
        changed.signalAll();
      } finally {
        lock.unlock();
      }
      // What was said while nobody listened is not known.
      topics.values().forEach(listened -> listened.signal.raise());
    }
  }

  private void forget() {
    lock.lock();
    try {
      ready = false;
      if (connection != null) {
        end(connection);
        connection = null;
      }
    } finally {
      lock.unlock();
    }
  }

  private static void end(RedisConnection connection) {
    try {
      connection.forceDisconnect();
    } catch (IOException | JedisException e) {
      LOG.debug("the listening connection did not close cleanly", e);
    }
  }

  @Override
  public void close() {
    closed = true;
    lock.lock();
    try {
      if (connection != null) {
        end(connection);
      }
    } finally {
      lock.unlock();
    }
    LockSupport.unpark(thread);
  }
}
