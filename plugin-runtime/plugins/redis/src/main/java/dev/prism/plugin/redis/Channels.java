package dev.prism.plugin.redis;

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
 * One connection that listens, on a thread of its own, and comes back when it was lost; also to a
 * channel of its own, by which others see that this process lives. Safe for any thread.
 */
final class Channels implements AutoCloseable {
  /** What the channels of processes begin with. */
  static final String PROCESSES = "prism:process:";

  private static final Logger LOG = LoggerFactory.getLogger(Channels.class);
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(15);

  /** After the server was away, others get this long to be back before they count as gone. */
  private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final RedisSettings settings;
  private final RedisConnection.Opener opener;
  private final String own;
  private final Runnable onReady;
  private final Map<Name, Heard> heard = new ConcurrentHashMap<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Thread thread;
  private @Nullable RedisConnection connection;
  private boolean ready;
  private boolean before;
  private volatile long readyNanos;
  private volatile long heardNanos;
  private volatile boolean settled;
  private volatile boolean closed;

  /** What is listened to: a channel, or all channels of a glob. */
  record Name(String text, boolean isGlob) {}

  /** Hears what is published, on the listening thread: it must not wait. */
  @FunctionalInterface
  interface Ear {
    void hear(String channel, byte[] message);
  }

  private static final class Heard {
    final Ear ear;
    boolean confirmed;

    Heard(Ear ear) {
      this.ear = ear;
    }
  }

  /**
   * @param process this process's name among all
   * @param onReady runs on the listening thread when everything is listened to, again after each
   *     loss: what was published meanwhile was not heard
   */
  Channels(RedisSettings settings, String process, String threadName, Runnable onReady) {
    this.settings = settings;
    this.opener = new RedisConnection.Opener(settings, settings.timeoutMillis(), 0);
    this.own = PROCESSES + process;
    this.onReady = onReady;
    this.thread = Thread.ofPlatform().name(threadName).daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Listens to something new. */
  void add(Name name, Ear ear) {
    lock.lock();
    try {
      heard.put(name, new Heard(ear));
      tell(name.isGlob() ? Command.PSUBSCRIBE : Command.SUBSCRIBE, name.text());
    } finally {
      lock.unlock();
    }
  }

  /** Listens to it no more. */
  void remove(Name name) {
    lock.lock();
    try {
      heard.remove(name);
      tell(name.isGlob() ? Command.PUNSUBSCRIBE : Command.UNSUBSCRIBE, name.text());
    } finally {
      lock.unlock();
    }
  }

  /** Sends what is answered on the listening thread; where it fails, that sees to it. */
  private void tell(Command command, String text) {
    RedisConnection open = connection;
    if (open != null) {
      try {
        open.sendCommand(command, text);
        open.push();
      } catch (JedisException e) {
        LOG.debug("the listening connection is lost", e);
      }
    }
  }

  /** Waits until others can see that this process lives. */
  void awaitReady() {
    await(null);
  }

  /** Waits until what is published on it is heard. */
  void awaitHeard(Name name) {
    await(name);
  }

  private void await(@Nullable Name name) {
    long left = TimeUnit.MILLISECONDS.toNanos(settings.timeoutMillis());
    lock.lock();
    try {
      while (!is(name) && left > 0) {
        left = changed.awaitNanos(left);
      }
      if (is(name)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
    throw Failures.unavailable("the server is not reached");
  }

  private boolean is(@Nullable Name name) {
    if (name == null) {
      return ready;
    }
    Heard known = heard.get(name);
    return known != null && known.confirmed;
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
        tell(Command.PING, own);
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
      for (Name name : heard.keySet()) {
        tell(name.isGlob() ? Command.PSUBSCRIBE : Command.SUBSCRIBE, name.text());
      }
      tell(Command.SUBSCRIBE, own); // last: when it is confirmed, all are
    } finally {
      lock.unlock();
    }
    while (!closed) {
      Object said = opened.getUnflushedObject();
      heardNanos = System.nanoTime();
      if (said instanceof List<?> parts && parts.size() > 2) {
        take(parts);
      }
    }
  }

  private void take(List<?> parts) {
    String kind = Bytes.text(parts.get(0));
    switch (kind) {
      case "message" -> hear(new Name(Bytes.text(parts.get(1)), false), parts, 1);
      case "pmessage" -> hear(new Name(Bytes.text(parts.get(1)), true), parts, 2);
      case "subscribe" -> confirm(new Name(Bytes.text(parts.get(1)), false));
      case "psubscribe" -> confirm(new Name(Bytes.text(parts.get(1)), true));
      default -> {
        // It has stopped listening to something, or answers to a probe.
      }
    }
  }

  private void hear(Name name, List<?> parts, int channel) {
    Heard known = heard.get(name);
    if (known != null) {
      known.ear.hear(Bytes.text(parts.get(channel)), (byte[]) parts.get(channel + 1));
    }
  }

  private void confirm(Name name) {
    boolean all = name.text().equals(own) && !name.isGlob();
    lock.lock();
    try {
      Heard known = heard.get(name);
      if (known != null) {
        known.confirmed = true;
      }
      if (all) {
        ready = true;
        settled = !before;
        before = true;
        readyNanos = System.nanoTime();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (all) {
      onReady.run();
    }
  }

  private void forget() {
    lock.lock();
    try {
      ready = false;
      heard.values().forEach(each -> each.confirmed = false);
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
