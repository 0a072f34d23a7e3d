package dev.prism.perf.run;

import com.google.protobuf.MessageLite;
import dev.prism.perf.load.Load;
import dev.prism.perf.load.Plan;
import dev.prism.perf.load.RequestFrames;
import dev.prism.perf.servers.ProxyCalls;
import dev.prism.perf.servers.ProxyProcess;
import dev.prism.pubsub.v1.PubSubServiceGrpc;
import dev.prism.pubsub.v1.SubscribeRequest;
import dev.prism.session.v1.CreateSessionRequest;
import dev.prism.session.v1.SessionServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The product under load: {@code ./prism up} with a config for each kind of call and backend, what
 * is to be read, and plans of calls.
 */
public final class Subject implements AutoCloseable {
  private static final int WRITERS = 64;

  private final ProxyProcess proxy;
  private final ManagedChannel channel;

  private Subject(ProxyProcess proxy) {
    this.proxy = proxy;
    channel = NettyChannelBuilder.forTarget(proxy.endpoint()).usePlaintext().build();
  }

  /**
   * Starts one, and puts what is to be read.
   *
   * @param environment more of it, for the proxy's process
   */
  public static Subject start(Map<String, String> environment)
      throws IOException, InterruptedException {
    Subject subject = new Subject(ProxyProcess.start(configuration(), environment));
    try {
      subject.fill();
      return subject;
    } catch (IOException | InterruptedException | RuntimeException e) {
      subject.close();
      throw e;
    }
  }

  private static String configuration() {
    return "backends: {sqlite: {type: sqlite}, memory: {type: memory}}\nconfigs:\n"
        + Stream.of(Kind.values())
            .flatMap(
                kind ->
                    Stream.of("sqlite", "memory")
                        .filter(backend -> serves(backend, kind))
                        .map(
                            backend ->
                                "  %s: {pattern: %s, backend: {name: %s, type: %s}}\n"
                                    .formatted(
                                        kind.config(backend),
                                        kind.pattern(),
                                        backend,
                                        backend.toUpperCase(Locale.ROOT))))
            .distinct()
            .collect(Collectors.joining());
  }

  private static boolean serves(String backend, Kind kind) {
    return switch (kind) {
      case KEYVALUE_GET, KEYVALUE_PUT, QUEUE_PUBLISH -> true;
      case PUBSUB_PUBLISH -> backend.equals("memory");
      case READER_QUERY, TRANSACT_WRITE -> backend.equals("sqlite");
    };
  }

  private void fill() throws IOException, InterruptedException {
    Path tables = proxy.data().resolve("sqlite/sqlite.tables.default.db");
    Files.createDirectories(tables.getParent());
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + tables);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE perf_orders (id TEXT PRIMARY KEY, total INTEGER NOT NULL)");
      statement.execute("CREATE TABLE perf_rows (id TEXT PRIMARY KEY, text TEXT NOT NULL)");
      statement.execute(
          """
          INSERT INTO perf_rows
          WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
          SELECT printf('%%010d', i), 'row number ' || i || ' with some text' FROM n
          """
              .formatted(Kind.KEYS));
    } catch (SQLException e) {
      throw new IOException("the tables to be read were not made: " + e.getMessage(), e);
    }
    for (String backend : new String[] {"memory", "sqlite"}) {
      put(backend);
    }
  }

  private void put(String backend) throws IOException, InterruptedException {
    String token = session(Kind.KEYVALUE_PUT.config(backend));
    AtomicLong next = new AtomicLong();
    Plan plan =
        Plan.closed(
            1,
            WRITERS,
            _ ->
                new Plan.Traffic(
                    request(Kind.KEYVALUE_PUT, token, PAYLOAD),
                    Kind.KEYVALUE_PUT.leastAnswer(PAYLOAD),
                    () -> next.get() < Kind.KEYS ? next.getAndIncrement() : -1));
    try (Load load = Load.open(proxy.address(false), null, plan)) {
      load.start();
      load.await(Long.MAX_VALUE);
      ProxyCalls.requireNoFailure(load.stop());
    }
  }

  /** Of the values that are there to be read. */
  public static final int PAYLOAD = 256;

  /** The product's process and those of its plugins. */
  public ProxyProcess proxy() {
    return proxy;
  }

  /** What a scenario sends. Opens a session for each connection. */
  public Plan plan(Scenario scenario) {
    int payload = scenario.offered().payloadBytes();
    int connections = scenario.offered().connections();
    IntFunction<Plan.Traffic> traffic =
        connection -> {
          Kind kind = scenario.kind(connection);
          String token = session(kind.config(scenario.backend()));
          AtomicLong next = new AtomicLong(connection);
          return new Plan.Traffic(
              request(kind, token, payload),
              kind.leastAnswer(kind == Kind.KEYVALUE_GET ? PAYLOAD : payload),
              () -> next.getAndAdd(connections) % kind.numbers());
        };
    return new Plan(connections, scenario.offered().streams(), scenario.offered().rate(), traffic);
  }

  /** Subscribers to what a scenario publishes: streams that do not end. */
  Plan subscribers(Scenario scenario) {
    return Plan.closed(
        scenario.subscribers(),
        1,
        _ ->
            new Plan.Traffic(
                request(
                    PubSubServiceGrpc.getSubscribeMethod(),
                    session(Kind.PUBSUB_PUBLISH.config(scenario.backend())),
                    SubscribeRequest.newBuilder().setPattern(Kind.TOPIC).setQueueGroup("").build()),
                0,
                () -> 0));
  }

  private RequestFrames request(Kind kind, String token, int payload) {
    return request(kind.method(), token, kind.message(payload));
  }

  private RequestFrames request(MethodDescriptor<?, ?> method, String token, MessageLite message) {
    return ProxyCalls.request(proxy.endpoint(), method, token, message);
  }

  private String session(String config) {
    return SessionServiceGrpc.newBlockingStub(channel)
        .createSession(
            CreateSessionRequest.newBuilder().setConfigName(config).setClientId("perf").build())
        .getSessionToken();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    proxy.close();
  }
}
