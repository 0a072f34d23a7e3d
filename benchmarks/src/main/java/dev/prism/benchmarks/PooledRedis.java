package dev.prism.benchmarks;

import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import redis.clients.jedis.Jedis;

/**
 * What an application would write that keeps values in Redis without Prism: SET and GET on a pool
 * of connections, each command a round trip of its own.
 */
final class PooledRedis implements Store {
  private final Pool<Jedis> pool;

  PooledRedis(int port, int connections) {
    this.pool =
        new Pool<>(Stream.generate(() -> new Jedis("127.0.0.1", port)).limit(connections).toList());
  }

  @Override
  public void put(String key, byte[] value) throws Exception {
    pool.with(connection -> connection.set(bytes(key), value));
  }

  @Override
  public byte[] get(String key) throws Exception {
    return pool.with(connection -> connection.get(bytes(key)));
  }

  private static byte[] bytes(String key) {
    return key.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    pool.close();
  }
}
