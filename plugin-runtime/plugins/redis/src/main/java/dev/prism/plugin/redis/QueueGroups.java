package dev.prism.plugin.redis;

import dev.prism.sdk.pubsub.Listener;
import dev.prism.sdk.pubsub.Listening;
import dev.prism.sdk.pubsub.TopicPattern;
import dev.prism.status.PrismException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The queue groups that this process has listeners of. Who is in a group is a set at the server,
 * and is said to all of the group each time that it changes.
 */
final class QueueGroups implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(QueueGroups.class);

  /** How often processes that have died are looked for, and a listening connection probed. */
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final int PROBE_EVERY = 5;

  private final RedisConnections connections;
  private final Channels channels;
  private final String process;
  private final Map<String, Joined> joined = new HashMap<>();

  /** Groups whose leaving the server has not confirmed. */
  private final Set<String> leaving = ConcurrentHashMap.newKeySet();

  private final Thread thread;
  private volatile boolean rejoin;
  private volatile boolean closed;

  /** A group, and what this process listens to for it. */
  private static final class Joined {
    final SharedGroup shared;
    int users;
    @Nullable Listening source;

    Joined(SharedGroup shared) {
      this.shared = shared;
    }
  }

  QueueGroups(RedisConnections connections, Channels channels, String process) {
    this.connections = connections;
    this.channels = channels;
    this.process = process;
    this.thread = Thread.ofPlatform().name("redis-groups").daemon().start(this::run);
  }

  /**
   * Adds a listener to a group.
   *
   * @param hear listens to the pattern for the group as a whole
   */
  Listening join(
      String namespace,
      TopicPattern pattern,
      String group,
      Listener listener,
      Function<Listener, Listening> hear) {
    String key = "prism:listeners:" + namespace + ":" + pattern.text() + ":" + group;
    Channels.Name news = new Channels.Name(key, false);
    Joined member;
    Listening own;
    synchronized (joined) {
      member = joined.get(key);
      if (member == null) {
        SharedGroup shared = new SharedGroup(process);
        channels.add(news, (_, message) -> shared.view(message));
        member = new Joined(shared);
        joined.put(key, member);
      }
      member.users++;
      own = member.shared.listeners().add(pattern, group, listener);
    }
    boolean inForce = false;
    try {
      channels.awaitHeard(news);
      synchronized (member) {
        if (member.source == null) {
          member.source = hear.apply(member.shared);
        }
      }
      // Only who hears the events takes turns; the news comes before what is published from now on.
      leaving.remove(key);
      view(key, "join");
      inForce = true;
    } finally {
      if (!inForce) {
        leave(key, own);
      }
    }
    return () -> leave(key, own);
  }

  private void leave(String key, Listening own) {
    own.close();
    Listening source = null;
    synchronized (joined) {
      Joined member = joined.get(key);
      if (member == null || --member.users > 0) {
        return;
      }
      joined.remove(key);
      leaving.add(key);
      source = member.source;
      channels.remove(new Channels.Name(key, false));
    }
    if (source != null) {
      source.close();
    }
    sayLeft(key);
  }

  private void sayLeft(String key) {
    try {
      view(key, "leave");
      leaving.remove(key);
    } catch (PrismException e) {
      LOG.debug("leaving {} will be said later", key, e);
    }
  }

  private void view(String key, String what) {
    byte[] name = Bytes.of(key);
    connections.read(
        connection -> {
          connection.send(
              Script.VIEW, List.of(name), Bytes.list(name, Channels.PROCESSES, what, process));
          return connection.reply();
        });
  }

  /** The server is there, again perhaps: it is not known who else is. On the listening thread. */
  void ready() {
    synchronized (joined) {
      joined.values().forEach(member -> member.shared.away());
    }
    rejoin = true;
    LockSupport.unpark(thread);
  }

  private void run() {
    int round = 0;
    while (!closed) {
      LockSupport.parkNanos(this, LOOK_NANOS);
      boolean joins = rejoin;
      rejoin = false;
      List<String> keys;
      synchronized (joined) {
        keys = List.copyOf(joined.keySet());
      }
      try {
        for (String key : keys) {
          view(key, joins ? "join" : "look");
        }
      } catch (PrismException e) {
        rejoin = rejoin || joins;
        LOG.debug("who shares events is not known now", e);
      }
      for (String key : leaving) {
        sayLeft(key);
      }
      if (++round % PROBE_EVERY == 0) {
        channels.probe();
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
