package dev.prism.plugin.redis;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Connections that are opened when they are needed and used again, each by one thread at a time.
 * Safe for any thread.
 */
final class RedisConnections implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RedisConnections.class);

  private final RedisSettings settings;
  private final RedisConnection.Opener opener;
  private final Semaphore free;
  private final ConcurrentLinkedDeque<RedisConnection> idle = new ConcurrentLinkedDeque<>();
  private final AtomicReference<@Nullable String> problem = new AtomicReference<>();
  private volatile boolean closed;

  /** Something that is done on a connection; it reads every answer to what it sends. */
  @FunctionalInterface
  interface Work<T> {
    T on(RedisConnection connection);
  }

  /**
   * @param most how many connections at once
   */
  RedisConnections(RedisSettings settings, int most) {
    this.settings = settings;
    this.opener =
        new RedisConnection.Opener(settings, settings.timeoutMillis(), settings.timeoutMillis());
    this.free = new Semaphore(most);
  }

  /** Does something that may be done again: where the connection is lost, nothing was done. */
  <T> T read(Work<T> work) {
    return run(work, false);
  }

  /**
   * As {@link #read}, and once more where that fails: perhaps the connection was lost while nobody
   * used it, and a new one tells.
   */
  <T> T readAnew(Work<T> work) {
    try {
      return read(work);
    } catch (PrismException e) {
      if (e.reason() != Reason.BACKEND_UNAVAILABLE) {
        throw e;
      }
      return read(work);
    }
  }

  /** Does something whose outcome is not known where the connection is lost. */
  <T> T write(Work<T> work) {
    return run(work, true);
  }

  private <T> T run(Work<T> work, boolean writes) {
    acquire();
    RedisConnection connection = null;
    boolean usable = false;
    try {
      RedisConnection used = idle.pollFirst();
      connection = used == null ? open() : used;
      T result = work(work, connection);
      usable = true;
      return result;
    } catch (JedisConnectionException e) {
      dropIdle(); // the others are no better
      LOG.debug("the connection to the server is lost", e);
      throw writes
          ? Failures.unknown()
          : Failures.unavailable("the connection to the server is lost");
    } catch (JedisDataException refused) {
      usable = true;
      throw Failures.of(refused);
    } catch (PrismException answered) {
      usable = connection != null;
      throw answered;
    } finally {
      if (connection != null) {
        giveBack(connection, usable);
      }
      free.release();
    }
  }

  private static <T> T work(Work<T> work, RedisConnection connection) {
    try {
      return work.on(connection);
    } catch (JedisDataException refused) {
      if (!Failures.code(refused).equals("NOSCRIPT")) {
        throw refused;
      }
      // An operator has had the server forget its scripts: nothing was done.
      connection.loadScripts();
      return work.on(connection);
    }
  }

  private void acquire() {
    try {
      if (free.tryAcquire(settings.timeoutMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw Failures.unavailable("all connections to the server are busy");
  }

  private RedisConnection open() {
    RedisConnection opened = null;
    boolean usable = false;
    try {
      opened = opener.open();
      opened.loadScripts();
      usable = true;
      if (problem.getAndSet(null) != null) {
        LOG.info("{}: the server is reached again", settings);
      }
      return opened;
    } catch (PrismException | JedisException e) {
      note(e.getMessage());
      throw Failures.unavailable("the server is not reached, or refuses us");
    } finally {
      if (opened != null && !usable) {
        end(opened);
      }
    }
  }

  /** Logs what is wrong once, not with every call. */
  private void note(@Nullable String reason) {
    String said = String.valueOf(reason);
    if (!said.equals(problem.getAndSet(said))) {
      LOG.warn("{}", said);
    }
  }

  private void giveBack(RedisConnection connection, boolean usable) {
    if (usable && !closed && !connection.isBroken()) {
      idle.addFirst(connection);
    } else {
      end(connection);
    }
  }

  /** Forgets the connections that nobody uses: the server has been away. */
  void dropIdle() {
    for (RedisConnection each = idle.pollFirst(); each != null; each = idle.pollFirst()) {
      end(each);
    }
  }

  private static void end(RedisConnection connection) {
    try {
      connection.disconnect();
    } catch (JedisException e) {
      LOG.debug("a connection did not close cleanly", e);
    }
  }

  @Override
  public void close() {
    closed = true;
    dropIdle();
  }
}
