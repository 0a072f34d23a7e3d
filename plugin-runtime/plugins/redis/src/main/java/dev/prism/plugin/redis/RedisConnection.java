package dev.prism.plugin.redis;

import java.util.ArrayList;
import java.util.List;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * One connection. Commands are written one after the other and answered in their order; one thread
 * may write while another reads.
 */
final class RedisConnection extends Connection {
  private int unanswered;

  private RedisConnection(Sockets sockets, JedisClientConfig config) {
    super(sockets, config);
  }

  /** Opens connections, the same way each time. */
  static final class Opener {
    private final RedisSettings settings;
    private final Sockets sockets;
    private final JedisClientConfig config;

    /**
     * @param connectMillis how long it may take until the connection is there
     * @param answerMillis how long a command may take; 0: for ever
     */
    Opener(RedisSettings settings, int connectMillis, int answerMillis) {
      this.settings = settings;
      this.sockets = new Sockets(settings, connectMillis, answerMillis);
      DefaultJedisClientConfig.Builder builder =
          DefaultJedisClientConfig.builder()
              .resp2()
              .connectionTimeoutMillis(connectMillis)
              .socketTimeoutMillis(answerMillis)
              .database(settings.database())
              .clientSetInfoConfig(ClientSetInfoConfig.DISABLED);
      if (!settings.user().isEmpty()) {
        builder.user(settings.user());
      }
      if (!settings.password().isEmpty()) {
        builder.password(settings.password());
      }
      this.config = builder.build();
    }

    /** Opens one, and says in plain words why where that fails. */
    RedisConnection open() {
      try {
        return new RedisConnection(sockets, config);
      } catch (JedisDataException refused) {
        throw Failures.unavailable(
            switch (Failures.code(refused)) {
              case "WRONGPASS", "NOAUTH" ->
                  settings
                      + ": the server does not know this user with this password: look at"
                      + " REDIS_USER and REDIS_PASSWORD";
              default -> settings + ": the server refused us: " + refused.getMessage();
            });
      } catch (JedisConnectionException e) {
        throw Failures.unavailable(settings + ": the server is not reached: " + reason(e));
      }
    }

    private static String reason(Throwable e) {
      Throwable cause = e;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      return String.valueOf(cause.getMessage());
    }
  }

  /** Writes a command that {@link #replies} will have the answer to. */
  void send(Command command, byte[]... arguments) {
    sendCommand(command, arguments);
    unanswered++;
  }

  /** Sends what was written; for a connection of which another thread reads. */
  void push() {
    flush();
  }

  /** The answers to all that was sent since the last call; an error is its exception. */
  List<Object> replies() {
    int count = unanswered;
    unanswered = 0;
    return getMany(count);
  }

  /** Sends one command and returns its answer; throws what the server says against it. */
  Object call(Command command, byte[]... arguments) {
    send(command, arguments);
    return reply();
  }

  /** The answer to the one command that was sent; throws what the server says against it. */
  Object reply() {
    Object reply = replies().getLast();
    if (reply instanceof JedisDataException refused) {
      throw refused;
    }
    return reply;
  }

  /** As {@link #call(Command, byte[]...)}, of a script. */
  Object call(Script script, List<byte[]> keys, List<byte[]> arguments) {
    send(script, keys, arguments);
    return reply();
  }

  /** Has the server know the scripts, so that they can be called by their digests. */
  void loadScripts() {
    for (Script script : Script.values()) {
      send(Command.SCRIPT, Bytes.of("LOAD"), script.text());
    }
    List<Object> refused = new ArrayList<>(replies());
    refused.removeIf(reply -> !(reply instanceof JedisDataException));
    if (!refused.isEmpty()) {
      throw (JedisDataException) refused.getFirst();
    }
  }

  /** Writes the call of a script. */
  void send(Script script, List<byte[]> keys, List<byte[]> arguments) {
    byte[][] all = new byte[2 + keys.size() + arguments.size()][];
    all[0] = script.digest();
    all[1] = Bytes.of(keys.size());
    int next = 2;
    for (byte[] key : keys) {
      all[next++] = key;
    }
    for (byte[] argument : arguments) {
      all[next++] = argument;
    }
    send(Command.EVALSHA, all);
  }
}
