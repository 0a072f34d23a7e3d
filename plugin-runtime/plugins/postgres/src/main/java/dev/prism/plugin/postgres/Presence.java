package dev.prism.plugin.postgres;

import dev.prism.plugin.postgres.Database.Purpose;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process at the server: a connection of its own that hears notifications, and holds a lock
 * that tells other processes that this one lives. Where the connection breaks it is made anew, and
 * everybody is told to look, because notifications may have been missed.
 */
final class Presence implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Presence.class);

  /** What one wait for notifications lasts at most. */
  private static final int WAIT_MILLIS = 5000;

  /** Between attempts to reach a server that is not there. */
  private static final int AGAIN_MILLIS = 100;

  private final Database database;
  private final String channel;
  private final Consumer<String> heard;
  private final Runnable missed;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Thread thread;
  private volatile @Nullable Connection connection;
  private volatile long id;

  /**
   * Begins to listen; the server may not be there yet.
   *
   * @param heard gets what other processes and this one say on the channel
   * @param missed is called when something may not have been heard, on the listener's thread or
   *     {@link #start}'s, before anything is heard again; where it throws {@link PrismException}
   *     the connection is made anew
   */
  Presence(Database database, String channel, Consumer<String> heard, Runnable missed) {
    this.database = database;
    this.channel = channel;
    this.heard = heard;
    this.missed = missed;
    this.thread = Thread.ofPlatform().daemon().name("prism-listener").unstarted(this::run);
  }

  void start() {
    try {
      enter();
    } catch (PrismException | SQLException e) {
      LOG.warn("the database is not there yet");
    }
    thread.start();
  }

  /**
   * Names this process.
   *
   * @throws PrismException BACKEND_UNAVAILABLE where the server has not been reached yet
   */
  long id() {
    if (id == 0) {
      throw PrismException.of(
          Reason.BACKEND_UNAVAILABLE, "the database cannot be reached: nothing was changed");
    }
    return id;
  }

  /** As {@link #id}, 0 where the server has not been reached yet. */
  long idOrNone() {
    return id;
  }

  /** Whether notifications are heard, as far as is known. */
  boolean isThere() {
    return connection != null;
  }

  private void enter() throws SQLException {
    Connection opened = database.open(Purpose.LISTENER);
    try {
      try (PreparedStatement enter = opened.prepareStatement("SELECT enter(?, ?)")) {
        enter.setLong(1, id);
        enter.setString(2, channel);
        try (ResultSet row = enter.executeQuery()) {
          row.next();
          id = row.getLong(1);
        }
      }
      try (Statement listen = opened.createStatement()) {
        listen.execute("LISTEN \"" + channel + "\"");
      }
      missed.run();
    } catch (SQLException | RuntimeException e) {
      opened.close();
      throw e;
    }
    connection = opened;
  }

  private void run() {
    while (stopped.getCount() > 0) {
      try {
        Connection open = connection;
        if (open == null) {
          enter();
        } else {
          hear(open);
        }
      } catch (SQLException e) {
        LOG.debug("the listener's connection broke: {}", Failures.forLog(e));
        leave();
        database.lost();
      } catch (PrismException unreachable) {
        pause();
      } catch (RuntimeException e) {
        LOG.error("the listener failed, and goes on", e);
        pause();
      }
    }
  }

  private void hear(Connection open) throws SQLException {
    PGNotification[] notifications = open.unwrap(PGConnection.class).getNotifications(WAIT_MILLIS);
    if (notifications != null) {
      for (PGNotification notification : notifications) {
        heard.accept(notification.getParameter());
      }
    } else {
      // A server that has vanished without a word is found by asking.
      try (Statement statement = open.createStatement()) {
        statement.execute("SELECT 1");
      }
    }
  }

  private void pause() {
    try {
      stopped.await(AGAIN_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void leave() {
    Connection open = connection;
    connection = null;
    if (open != null) {
      try {
        open.abort(Runnable::run);
      } catch (SQLException e) {
        LOG.debug("a connection did not end in order", e);
      }
    }
  }

  @Override
  public void close() {
    stopped.countDown();
    leave();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(2));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    leave();
  }
}
