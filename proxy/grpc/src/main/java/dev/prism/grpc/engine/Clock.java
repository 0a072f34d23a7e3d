package dev.prism.grpc.engine;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * One thread that watches the times of all connections: deadlines every {@value #TICK_MILLIS} ms
 * while a call has one, everything else about every second.
 */
final class Clock implements AutoCloseable {
  static final long TICK_NANOS = Duration.ofMillis(Clock.TICK_MILLIS).toNanos();

  private static final int TICK_MILLIS = 10;
  private static final System.Logger LOG = System.getLogger(Clock.class.getName());

  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final Thread thread;
  private final long quietNanos;
  private volatile boolean quiet;
  private volatile boolean closed;

  /**
   * @param period of what is not a deadline; about a second
   */
  Clock(Duration period) {
    quietNanos = period.toNanos();
    thread = Thread.ofPlatform().daemon().name("grpc-clock").unstarted(this::run);
    thread.start();
  }

  void add(Connection connection) {
    connections.add(connection);
  }

  void remove(Connection connection) {
    connections.remove(connection);
  }

  /** How many connections there are. Any thread. */
  int connections() {
    return connections.size();
  }

  /** Bytes that wait to be written, of all connections. Any thread. */
  long queuedBytes() {
    long bytes = 0;
    for (Connection connection : connections) {
      bytes += connection.writer.queued();
    }
    return bytes;
  }

  /** A call has got a deadline. */
  void deadlineSet() {
    if (quiet) {
      quiet = false;
      LockSupport.unpark(thread);
    }
  }

  private void run() {
    long watched = System.nanoTime();
    while (!closed) {
      boolean deadlines = false;
      long now = System.nanoTime();
      boolean watch = now - watched >= quietNanos;
      if (watch) {
        watched = now;
      }
      for (Connection connection : connections) {
        try {
          connection.streams.tick(now);
          deadlines |= connection.streams.hasDeadlines();
          if (watch) {
            connection.watch(now);
          }
        } catch (RuntimeException e) {
          LOG.log(Level.ERROR, "looking after a connection failed", e);
        }
      }
      if (deadlines) {
        LockSupport.parkNanos(this, TICK_NANOS);
      } else {
        quiet = true;
        if (connections.stream()
            .noneMatch(each -> each.streams.hasDeadlines())) { // none came meanwhile
          LockSupport.parkNanos(this, quietNanos);
        }
        quiet = false;
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
