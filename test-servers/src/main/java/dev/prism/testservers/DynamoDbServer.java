package dev.prism.testservers;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What stands in for DynamoDB on a free port of loopback: Dynoxide, which speaks its protocol and
 * keeps tables in a SQLite file; or the server that {@code PRISM_TEST_DYNAMODB_URL} names, which
 * cannot be stopped from here.
 *
 * <p>Every write is one commit of SQLite's, with write-ahead log and a sync, so that a kill loses
 * nothing that was answered, but for the tokens of transactions, which are in its memory. All reads
 * are consistent, nothing is throttled and no transaction conflicts with another.
 */
public final class DynamoDbServer implements AutoCloseable {
  private static final String EXTERNAL = "PRISM_TEST_DYNAMODB_URL";
  private static final String CRATE = "dynoxide-rs";
  private static final String VERSION = "3.2.0";
  private static final String FEATURES = "native-sqlite,http-server,cli";

  private final String url;
  private final int port;
  private final Path directory;
  private @Nullable ServerProcess process;

  private DynamoDbServer(String url, int port, Path directory) {
    this.url = url;
    this.port = port;
    this.directory = directory;
  }

  /** The one that the environment names, or a new and empty one with its files in the directory. */
  public static DynamoDbServer forTests(Path directory) {
    String external = System.getenv(EXTERNAL);
    return external == null || external.isBlank()
        ? start(directory)
        : new DynamoDbServer(external.strip(), 0, directory);
  }

  /** A new and empty one with its files in the directory. */
  public static DynamoDbServer start(Path directory) {
    int port = ServerProcess.freePort();
    DynamoDbServer server =
        new DynamoDbServer("http://127.0.0.1:" + port, port, directory.toAbsolutePath());
    server.startAgain();
    return server;
  }

  /** Starts it where it was stopped or killed: on the same port, with what it has kept. */
  public void startAgain() {
    Path program = CargoProgram.installed("dynamodb", CRATE, VERSION, FEATURES, "dynoxide");
    process =
        ServerProcess.start(
            directory,
            Map.of(),
            List.of(
                program.toString(),
                "serve",
                "--host",
                "127.0.0.1",
                "--port",
                Integer.toString(port),
                "--db-path",
                directory.resolve("tables.db").toString(),
                "--log",
                "quiet"),
            () -> ServerProcess.listens(port));
  }

  /** Where it is, {@code http://HOST:PORT}. */
  public String url() {
    return url;
  }

  /**
   * What a plugin is configured with to use it; where the environment names the server, its region
   * and credentials are the environment's too.
   */
  public Map<String, String> settings() {
    return Map.of(
        "DYNAMODB_ENDPOINT",
        url,
        "AWS_REGION",
        environment("AWS_REGION", "eu-central-1"),
        "AWS_ACCESS_KEY_ID",
        environment("AWS_ACCESS_KEY_ID", "prism"),
        "AWS_SECRET_ACCESS_KEY",
        environment("AWS_SECRET_ACCESS_KEY", "prism"));
  }

  private static String environment(String name, String otherwise) {
    String value = System.getenv(name);
    return value == null || value.isBlank() ? otherwise : value;
  }

  /** The process; fails for one that was not started here. */
  public ServerProcess process() {
    ServerProcess running = process;
    if (running == null) {
      throw new IllegalStateException("the server that " + EXTERNAL + " names is not ours");
    }
    return running;
  }

  @Override
  public void close() {
    ServerProcess running = process;
    if (running != null) {
      running.close();
    }
  }
}
