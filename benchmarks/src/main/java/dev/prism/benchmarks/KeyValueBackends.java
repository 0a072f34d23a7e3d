package dev.prism.benchmarks;

import dev.prism.testservers.PostgresServer;
import dev.prism.testservers.RedisServer;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The backends that values are measured on. */
final class KeyValueBackends {
  private static final List<Integer> POOLS = List.of(4, 8, 16, 32);

  private KeyValueBackends() {}

  /**
   * Starts the server of a backend.
   *
   * @param callers how many connections there are where each caller has its own
   */
  static Backend<Store> of(String name, int callers) {
    return switch (name) {
      case "postgres" -> {
        // fsync and synchronous_commit are on, as they are by default
        PostgresServer server = PostgresServer.start(Backend.folder(name));
        yield new Backend<>(
            Map.of("DATABASE_URL", server.url()),
            Stream.concat(POOLS.stream(), Stream.of(callers))
                .map(
                    size ->
                        new Backend.Way<Store>(
                            "direct, %d connections".formatted(size),
                            () -> new PooledPostgres(server.jdbcUrl(), size)))
                .toList(),
            server::close);
      }
      case "redis" -> {
        RedisServer server = RedisServer.durable(Backend.folder(name));
        yield new Backend<>(
            Map.of("REDIS_URL", server.url()),
            Backend.only(() -> new PooledRedis(server.port(), callers)),
            server::close);
      }
      default ->
          throw new IllegalArgumentException("values are compared on postgres and redis alone");
    };
  }
}
