package dev.prism.benchmarks;

import dev.prism.testservers.KafkaServer;
import dev.prism.testservers.NatsServer;
import dev.prism.testservers.PostgresServer;
import dev.prism.testservers.RedisServer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The backends that queues are measured on. */
final class QueueBackends {
  private static final List<Integer> LINGERS_MILLIS = List.of(0, 1, 5);

  private QueueBackends() {}

  /** Starts the server of a backend. */
  static Backend<Direct> of(String name) {
    return switch (name) {
      case "sqlite" -> new Backend<>(Map.of(), Backend.only(QueueBackends::sqlite), () -> {});
      case "nats" -> {
        // On files, which 2.9 syncs every two minutes, on both sides
        NatsServer server = NatsServer.start();
        yield new Backend<>(
            Map.of("NATS_URL", server.url()),
            Backend.only(() -> new DirectNats(server.url())),
            server::close);
      }
      case "postgres" -> {
        // fsync and synchronous_commit are on, as they are by default
        PostgresServer server = PostgresServer.start(Backend.folder(name));
        yield new Backend<>(
            Map.of("DATABASE_URL", server.url()),
            Backend.only(() -> new DirectPostgres(server.jdbcUrl())),
            server::close);
      }
      case "redis" -> {
        RedisServer server = RedisServer.durable(Backend.folder(name));
        yield new Backend<>(
            Map.of("REDIS_URL", server.url()),
            Backend.only(() -> new DirectRedis(server.port())),
            server::close);
      }
      case "kafka" -> {
        // A lone broker keeps what it has acknowledged only where it syncs it before.
        KafkaServer server =
            KafkaServer.start(Backend.folder(name), 1, Map.of("log.flush.interval.messages", "1"));
        yield new Backend<>(
            Map.of("KAFKA_BROKERS", server.addresses()),
            LINGERS_MILLIS.stream()
                .map(
                    linger ->
                        new Backend.Way<Direct>(
                            "direct, linger %d ms".formatted(linger),
                            () -> new DirectKafka(server.addresses(), linger)))
                .toList(),
            server::close);
      }
      default -> throw new IllegalArgumentException("unknown backend " + name);
    };
  }

  private static Direct sqlite() throws Exception {
    Path file = Backend.folder("direct").resolve("direct.db");
    file.toFile().deleteOnExit();
    return new DirectSqlite(file);
  }
}
