package dev.prism.plugin.nats;

import dev.prism.status.PrismException;
import io.nats.client.Connection;
import io.nats.client.ConnectionListener;
import io.nats.client.Consumer;
import io.nats.client.ErrorListener;
import io.nats.client.Message;
import io.nats.client.Nats;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one connection to the server, made and made again in the background for as long as somebody
 * uses it: a plugin starts and stays up without its server.
 *
 * <p>Safe for any thread.
 */
final class NatsLink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NatsLink.class);
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private static final String REFUSED =
      "refuses this plugin's credentials: check NATS_USER and NATS_PASSWORD, NATS_TOKEN,"
          + " NATS_NKEY or NATS_CREDS";

  private final NatsSettings settings;
  private final Thread connector;
  private final List<java.util.function.Consumer<Session>> listeners = new CopyOnWriteArrayList<>();
  private int uses = 1;
  private volatile @Nullable Session session;
  private volatile boolean closed;
  private volatile String said = "";

  NatsLink(NatsSettings settings) {
    this.settings = settings;
    this.connector = Thread.ofPlatform().name("nats-connect").daemon().start(this::connect);
  }

  /** One more uses it and closes it; false where it is closed. */
  synchronized boolean share() {
    if (closed) {
      return false;
    }
    uses++;
    return true;
  }

  /** Is told of each new connection; one that is only interrupted is none. */
  synchronized void onSession(java.util.function.Consumer<Session> listener) {
    listeners.add(listener);
    Session now = session;
    if (now != null) {
      listener.accept(now);
    }
  }

  private synchronized void made(Session made) {
    listeners.forEach(listener -> listener.accept(made));
    session = made;
  }

  /**
   * The connection as it is now.
   *
   * @throws PrismException {@code BACKEND_UNAVAILABLE} while there is none
   */
  Session session() {
    Session now = session;
    if (now == null || !now.isConnected()) {
      throw Failures.unreachable();
    }
    return now;
  }

  /** As {@link #session}, but waits at most so long for it to come back. */
  Session await(long nanos) {
    long end = System.nanoTime() + nanos;
    while (true) {
      Session now = session;
      if (now != null && now.isConnected()) {
        return now;
      }
      if (System.nanoTime() > end || closed || Thread.currentThread().isInterrupted()) {
        throw Failures.unreachable();
      }
      LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(10));
    }
  }

  private void connect() {
    while (!closed) {
      Session now = session;
      if (now == null || now.isEnded()) {
        SocketReader reader = new SocketReader();
        try {
          Events events = new Events(reader);
          Connection connection =
              Nats.connect(
                  reader
                      .into(settings.options())
                      .connectionListener(events)
                      .errorListener(events)
                      .build());
          made(new Session(connection, reader, settings));
          said = "";
          LOG.info("connected to NATS {} at {}", version(connection), settings.where());
        } catch (IOException | RuntimeException e) {
          complain(
              isRefusal(String.valueOf(e.getMessage()))
                  ? REFUSED
                  : "cannot be reached (" + kind(e) + ")");
        } catch (InterruptedException e) {
          return;
        }
      }
      LockSupport.parkNanos(this, RETRY_NANOS);
    }
  }

  private static String version(Connection connection) {
    return connection.getServerInfo() == null ? "" : connection.getServerInfo().getVersion();
  }

  private static boolean isRefusal(String error) {
    String text = error.toLowerCase(Locale.ROOT);
    return text.contains("authoriz") || text.contains("authentic");
  }

  /** Once for each kind of failure: what the driver says may hold its URLs, and they secrets. */
  private void complain(String why) {
    if (!why.equals(said)) {
      said = why;
      LOG.warn("the NATS server at {} {}; trying again until it does", settings.where(), why);
    }
  }

  private static String kind(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getClass().getSimpleName();
  }

  /** What the driver tells. */
  private final class Events implements ConnectionListener, ErrorListener {
    private final SocketReader reader;

    Events(SocketReader reader) {
      this.reader = reader;
    }

    @Override
    @SuppressWarnings("deprecation") // the one method that this interface has to have
    public void connectionEvent(Connection connection, ConnectionListener.Events event) {
      Session now = session;
      if (now == null || !now.connection().equals(connection)) {
        return;
      }
      switch (event) {
        case DISCONNECTED -> {
          if (now.interrupted()) {
            LOG.warn("the connection to NATS is lost");
          }
        }
        case RESUBSCRIBED -> {
          now.resumed();
          LOG.info("the connection to NATS is back");
        }
        case CLOSED -> {
          now.interrupted();
          LockSupport.unpark(connector);
        }
        default -> {}
      }
    }

    @Override
    public void errorOccurred(Connection connection, String error) {
      if (isRefusal(error)) {
        complain(REFUSED);
      } else {
        LOG.warn("NATS says: {}", error);
      }
    }

    @Override
    public void exceptionOccurred(Connection connection, Exception e) {
      LOG.debug("the NATS driver met {}", kind(e));
    }

    @Override
    public void slowConsumerDetected(Connection connection, Consumer consumer) {
      if (!reader.isRead(consumer)) {
        LOG.warn("events come faster than they are taken: some are lost");
      }
    }

    @Override
    public void messageDiscarded(Connection connection, Message message) {
      LOG.debug("a message was discarded");
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      if (--uses > 0) {
        return;
      }
      closed = true;
    }
    LockSupport.unpark(connector);
    boolean interrupted = false;
    while (connector.isAlive()) {
      try {
        connector.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    Session last = session;
    if (last != null) {
      last.close();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
