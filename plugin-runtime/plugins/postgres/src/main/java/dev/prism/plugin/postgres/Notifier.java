package dev.prism.plugin.postgres;

import dev.prism.status.PrismException;
import java.sql.PreparedStatement;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells other processes which topics have changed: after the commit that changed them, what came
 * together at once, and never as a part of another transaction, because one with a notification
 * commits alone. One that is lost costs the readers a second. A process that is alone tells nobody.
 */
final class Notifier implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Notifier.class);

  /** Between two notifications: a busy topic's readers are awake anyway. */
  private static final long REST_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final Slot slot;
  private final String channel;
  private final Set<Long> changed = ConcurrentHashMap.newKeySet();
  private final Thread thread;
  private volatile boolean stopping;
  private volatile boolean alone;
  private long arrivals;

  Notifier(Slot slot, String channel) {
    this.slot = slot;
    this.channel = channel;
    this.thread = Thread.ofPlatform().daemon().name("prism-notifier").start(this::run);
  }

  String channel() {
    return channel;
  }

  /** Never blocks. */
  void changed(long topic) {
    if (!alone && changed.add(topic)) {
      LockSupport.unpark(thread);
    }
  }

  /** Another process may have come: it is to hear of everything, until it is known to be gone. */
  synchronized void somebodyCame() {
    arrivals++;
    alone = false;
  }

  /** How often {@link #somebodyCame}. */
  synchronized long arrivals() {
    return arrivals;
  }

  /**
   * How many processes hear the channel, this one included.
   *
   * @param before the {@link #arrivals} before they were counted
   */
  synchronized void counted(int listeners, long before) {
    alone = listeners == 1 && arrivals == before;
  }

  private void run() {
    while (!stopping) {
      if (changed.isEmpty()) {
        LockSupport.parkNanos(this, IDLE_NANOS);
        continue;
      }
      Object[] topics = changed.toArray();
      for (Object topic : topics) {
        changed.remove(topic);
      }
      try {
        slot.read(
            open -> {
              PreparedStatement notify =
                  open.prepare("SELECT count(pg_notify(?, t::text)) FROM unnest(?::int8[]) t");
              notify.setString(1, channel);
              notify.setArray(2, open.connection().createArrayOf("int8", topics));
              return notify.execute();
            });
      } catch (PrismException e) {
        LOG.debug("a notification was not sent: {}", e.reason());
      }
      LockSupport.parkNanos(this, REST_NANOS);
    }
  }

  @Override
  public void close() {
    stopping = true;
    LockSupport.unpark(thread);
    try {
      thread.join(TimeUnit.SECONDS.toMillis(2));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    slot.close();
  }
}
