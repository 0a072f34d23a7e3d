package dev.prism.benchmarks;

import dev.prism.testservers.KafkaServer;
import dev.prism.testservers.NatsServer;
import dev.prism.testservers.PostgresServer;
import dev.prism.testservers.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * A backend's server with its durable settings, and how it is reached with and without Prism.
 * Closing ends the server.
 *
 * @param settings of its plugin
 * @param ways what an application would write without Prism; where it has a choice, the better one
 *     is to be compared with
 * @param end ends the server
 */
record QueueBackend(Map<String, String> settings, List<Way> ways, Runnable end)
    implements AutoCloseable {
  private static final List<Integer> LINGERS_MILLIS = List.of(0, 1, 5);

  /**
   * A way to publish without Prism.
   *
   * @param name what is said of it, where there are several
   * @param opened a new producer
   */
  record Way(String name, Callable<Direct> opened) {
    Direct open() throws Exception {
      return opened.call();
    }
  }

  private static List<Way> only(Callable<Direct> opened) {
    return List.of(new Way("direct", opened));
  }

  /** Starts the server of a backend. */
  static QueueBackend of(String name) {
    return switch (name) {
      case "sqlite" -> new QueueBackend(Map.of(), only(QueueBackend::sqlite), () -> {});
      case "nats" -> {
        // On files, which 2.9 syncs every two minutes, on both sides
        NatsServer server = NatsServer.start();
        yield new QueueBackend(
            Map.of("NATS_URL", server.url()),
            only(() -> new DirectNats(server.url())),
            server::close);
      }
      case "postgres" -> {
        // fsync and synchronous_commit are on, as they are by default
        PostgresServer server = PostgresServer.start(folder(name));
        yield new QueueBackend(
            Map.of("DATABASE_URL", server.url()),
            only(() -> new DirectPostgres(server.jdbcUrl())),
            server::close);
      }
      case "redis" -> {
        RedisServer server = RedisServer.durable(folder(name));
        yield new QueueBackend(
            Map.of("REDIS_URL", server.url()),
            only(() -> new DirectRedis(server.port())),
            server::close);
      }
      case "kafka" -> {
        // A lone broker keeps what it has acknowledged only where it syncs it before.
        KafkaServer server =
            KafkaServer.start(folder(name), 1, Map.of("log.flush.interval.messages", "1"));
        yield new QueueBackend(
            Map.of("KAFKA_BROKERS", server.addresses()),
            LINGERS_MILLIS.stream()
                .map(
                    linger ->
                        new Way(
                            "direct, linger %d ms".formatted(linger),
                            () -> new DirectKafka(server.addresses(), linger)))
                .toList(),
            server::close);
      }
      default -> throw new IllegalArgumentException("unknown backend " + name);
    };
  }

  private static Direct sqlite() throws Exception {
    Path file = folder("direct").resolve("direct.db");
    file.toFile().deleteOnExit();
    return new DirectSqlite(file);
  }

  private static Path folder(String name) {
    try {
      Path home = Path.of(System.getProperty("prism.home", "."));
      Path target = Files.createDirectories(home.resolve("benchmarks/target"));
      return Files.createTempDirectory(target, name + "-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    end.run();
  }
}
