package dev.prism.plugin.redis;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/** Asks the server whether it is there, and how it keeps what it is given. */
final class Server implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Server.class);
  private static final int PING_MILLIS = 1000;

  private final RedisSettings settings;
  private final RedisConnection.Opener opener;
  private @Nullable RedisConnection connection;

  Server(RedisSettings settings) {
    this.settings = settings;
    int millis = Math.min(PING_MILLIS, settings.timeoutMillis());
    this.opener = new RedisConnection.Opener(settings, millis, millis);
  }

  /** Whether what the server has answered survives its death, as is configured or as it says. */
  static boolean isDurable(RedisSettings settings) {
    return settings
        .durable()
        .orElseGet(
            () -> {
              try (Server server = new Server(settings)) {
                return server.isDurable();
              }
            });
  }

  /** Whether it appends every write to a file and syncs that before it answers. */
  private boolean isDurable() {
    try (RedisConnection asking = opener.open()) {
      boolean durable =
          setting(asking, "appendonly").equals("yes")
              && setting(asking, "appendfsync").equals("always");
      String policy = setting(asking, "maxmemory-policy");
      if (!policy.equals("noeviction") && !setting(asking, "maxmemory").equals("0")) {
        LOG.warn(
            "{}: maxmemory-policy is {}: when its memory is full the server forgets values, messages or"
                + " idempotency keys; noeviction refuses new ones instead",
            settings,
            policy);
      }
      return durable && !policy.startsWith("allkeys");
    } catch (JedisDataException refused) {
      LOG.warn(
          "{}: the server does not say whether it is durable, and so counts as if it were not; set"
              + " REDIS_DURABLE",
          settings);
      return false;
    } catch (RuntimeException e) {
      LOG.warn(
          "{}: the server does not answer, and so counts as not durable until the next start; set"
              + " REDIS_DURABLE: {}",
          settings,
          e.getMessage());
      return false;
    }
  }

  private static String setting(RedisConnection connection, String name) {
    Map<String, String> settings = new HashMap<>();
    List<?> reply = (List<?>) connection.call(Command.CONFIG, Bytes.of("GET"), Bytes.of(name));
    for (int i = 0; i + 1 < reply.size(); i += 2) {
      settings.put(Bytes.text(reply.get(i)), Bytes.text(reply.get(i + 1)));
    }
    return settings.getOrDefault(name, "");
  }

  /**
   * Throws where the server does not answer within a second.
   *
   * @param used then forget the connections that nobody uses
   */
  synchronized void ping(RedisConnections... used) {
    boolean answered = false;
    try {
      RedisConnection open = connection;
      if (open == null) {
        open = opener.open();
        connection = open;
      }
      open.call(Command.PING);
      answered = true;
    } catch (JedisException e) {
      close();
      throw Failures.unavailable("the server does not answer");
    } finally {
      if (!answered) {
        for (RedisConnections each : used) {
          each.dropIdle();
        }
      }
    }
  }

  @Override
  public synchronized void close() {
    RedisConnection open = connection;
    connection = null;
    if (open != null) {
      try {
        open.disconnect();
      } catch (JedisException e) {
        LOG.debug("a connection did not close cleanly", e);
      }
    }
  }
}
