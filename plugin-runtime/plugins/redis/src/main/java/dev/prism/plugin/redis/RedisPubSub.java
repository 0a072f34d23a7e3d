package dev.prism.plugin.redis;

import com.google.rpc.Status;
import dev.prism.sdk.Capability;
import dev.prism.sdk.pubsub.Emission;
import dev.prism.sdk.pubsub.Fanout;
import dev.prism.sdk.pubsub.Listener;
import dev.prism.sdk.pubsub.Listening;
import dev.prism.sdk.pubsub.PubSub;
import dev.prism.sdk.pubsub.TopicPattern;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Events on channels {@code NAMESPACE.TOPIC}. A pattern is the glob of what it begins with, which
 * matches more; each event that comes of a glob goes to those alone that wait for it by that glob,
 * and is matched again.
 *
 * <p>{@code docs/redis.md} has the form of the messages and what is promised.
 */
final class RedisPubSub implements PubSub {
  /** The server tries each glob on each event: from here on patterns share one a namespace. */
  private static final int MOST_GLOBS = 256;

  private static final int WRITERS = 2;

  private final RedisConnections writers;
  private final Server server;
  private final Channels channels;
  private final QueueGroups groups;
  private final Map<Channels.Name, Source> sources = new HashMap<>();
  private int globs;

  /** What is listened to at the server for some listeners. */
  private static final class Source {
    final Fanout fanout = new Fanout();
    int users;
  }

  RedisPubSub(RedisSettings settings) {
    byte[] name = new byte[12];
    new SecureRandom().nextBytes(name);
    String process = HexFormat.of().formatHex(name);
    this.writers = new RedisConnections(settings, WRITERS);
    this.server = new Server(settings);
    this.channels = new Channels(settings, process, "redis-events", this::ready);
    this.groups = new QueueGroups(writers, channels, process);
    channels.start();
  }

  private void ready() {
    groups.ready();
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(Capability.QUEUE_GROUPS);
  }

  @Override
  public List<Optional<Status>> publish(String namespace, List<Emission> emissions) {
    return writers.write(
        connection -> {
          for (Emission emission : emissions) {
            connection.send(
                Command.PUBLISH,
                Bytes.of(namespace + "." + emission.topic()),
                Frames.message(emission.event()));
          }
          List<Optional<Status>> results = new ArrayList<>(emissions.size());
          for (Object reply : connection.replies()) {
            results.add(
                reply instanceof JedisDataException refused
                    ? Optional.of(Failures.status(refused))
                    : Optional.empty());
          }
          return results;
        });
  }

  @Override
  public Listening listen(String namespace, TopicPattern pattern, String group, Listener listener) {
    channels.awaitReady();
    Listening listening =
        group.isEmpty()
            ? hear(namespace, pattern, listener)
            : groups.join(
                namespace, pattern, group, listener, shared -> hear(namespace, pattern, shared));
    return listening;
  }

  /** Hears all events of a pattern, once the server has said so. */
  private Listening hear(String namespace, TopicPattern pattern, Listener listener) {
    Channels.Name name;
    Listening heard;
    synchronized (sources) {
      name = name(namespace, pattern);
      Source source = sources.get(name);
      if (source == null) {
        Source added = new Source();
        int prefix = namespace.length() + 1;
        sources.put(name, added);
        globs += name.isGlob() ? 1 : 0;
        channels.add(
            name,
            (channel, message) ->
                added.fanout.deliver(channel.substring(prefix), Frames.event(message)));
        source = added;
      }
      source.users++;
      heard = source.fanout.add(pattern, "", listener);
    }
    boolean inForce = false;
    try {
      channels.awaitHeard(name);
      inForce = true;
    } finally {
      if (!inForce) {
        leave(name, heard);
      }
    }
    return () -> leave(name, heard);
  }

  private void leave(Channels.Name name, Listening heard) {
    heard.close();
    synchronized (sources) {
      Source source = sources.get(name);
      if (source != null && --source.users == 0) {
        sources.remove(name);
        globs -= name.isGlob() ? 1 : 0;
        channels.remove(name);
      }
    }
  }

  /** What to listen to for a pattern. */
  private Channels.Name name(String namespace, TopicPattern pattern) {
    String text = pattern.text();
    if (pattern.isExact()) {
      return new Channels.Name(namespace + "." + text, false);
    }
    int end = 0;
    while (text.charAt(end) != '*' && text.charAt(end) != '>') {
      end++;
    }
    Channels.Name own = new Channels.Name(namespace + "." + text.substring(0, end) + "*", true);
    return globs < MOST_GLOBS || sources.containsKey(own)
        ? own
        : new Channels.Name(namespace + ".*", true);
  }

  @Override
  public void ping() {
    server.ping(writers);
  }

  @Override
  public void close() {
    groups.close();
    channels.close();
    writers.close();
    server.close();
  }
}
