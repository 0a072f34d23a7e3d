package dev.prism.testservers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What stands in for DynamoDB on a free port of loopback: Dynoxide, which speaks its protocol and
 * keeps tables in SQLite; or the server that {@code PRISM_TEST_DYNAMODB_URL} names, which cannot be
 * stopped from here.
 *
 * <p>All of its reads are consistent, nothing is throttled and no transaction conflicts with
 * another.
 */
public final class DynamoDbServer implements AutoCloseable {
  private static final String EXTERNAL = "PRISM_TEST_DYNAMODB_URL";
  private static final String CRATE = "dynoxide-rs";
  private static final String VERSION = "3.2.0";
  private static final String FEATURES = "native-sqlite,http-server,cli";

  private final String url;
  private final int port;
  private final Path directory;
  private final boolean durable;
  private @Nullable ServerProcess process;

  private DynamoDbServer(String url, int port, Path directory, boolean durable) {
    this.url = url;
    this.port = port;
    this.directory = directory;
    this.durable = durable;
  }

  /**
   * The one that the environment names, or a new and empty one that keeps everything in its memory.
   *
   * @param directory where it runs
   */
  public static DynamoDbServer forTests(Path directory) {
    String external = System.getenv(EXTERNAL);
    return external == null || external.isBlank()
        ? start(directory, false)
        : new DynamoDbServer(external.strip(), 0, directory, false);
  }

  /**
   * A new and empty one with its tables in a file of the directory. Each write of an item is a
   * commit of its own, synced before it is answered: a kill loses none, but the tokens of
   * transactions, which are in its memory.
   */
  public static DynamoDbServer startDurable(Path directory) {
    return start(directory, true);
  }

  private static DynamoDbServer start(Path directory, boolean durable) {
    int port = ServerProcess.freePort();
    DynamoDbServer server =
        new DynamoDbServer("http://127.0.0.1:" + port, port, directory.toAbsolutePath(), durable);
    server.startAgain();
    return server;
  }

  /**
   * Starts it where it was stopped or killed: on the same port, with what it has kept, which is
   * nothing in memory.
   */
  public void startAgain() {
    Path program = CargoProgram.installed("dynamodb", CRATE, VERSION, FEATURES, "dynoxide");
    List<String> command = new ArrayList<>();
    command.addAll(List.of(program.toString(), "serve", "--host", "127.0.0.1"));
    command.addAll(List.of("--port", Integer.toString(port), "--log", "quiet"));
    if (durable) {
      command.addAll(List.of("--db-path", directory.resolve("tables.db").toString()));
    }
    process = ServerProcess.start(directory, Map.of(), command, () -> ServerProcess.listens(port));
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
