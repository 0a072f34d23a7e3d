package dev.prism.testservers;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Gremlin Server with an empty TinkerGraph in memory, in a process of its own; or the server that
 * {@code PRISM_TEST_NEPTUNE_URL} names, which is left alone. Closing it ends it.
 */
public final class GremlinServer implements AutoCloseable {
  private static final String EXTERNAL = "PRISM_TEST_NEPTUNE_URL";

  private static final String GRAPH =
      """
      gremlin.graph=org.apache.tinkerpop.gremlin.tinkergraph.structure.TinkerGraph
      gremlin.tinkergraph.vertexIdManager=ANY
      """;

  private static final String START =
      """
      def globals = [:]
      globals << [g : org.apache.tinkerpop.gremlin.process.traversal.AnonymousTraversalSource.traversal().withEmbedded(graph)]
      """;

  private final String url;
  private final Path directory;
  private @Nullable ServerProcess process;

  private GremlinServer(String url, Path directory) {
    this.url = url;
    this.directory = directory;
  }

  /** The one that the environment names, or a new and empty one that runs in {@code directory}. */
  public static GremlinServer forTests(Path directory) {
    String external = System.getenv(EXTERNAL);
    return external == null || external.isBlank()
        ? start(directory)
        : new GremlinServer(external.strip(), directory);
  }

  /** A new and empty one on a free port of loopback, ready. */
  public static GremlinServer start(Path directory) {
    int port = ServerProcess.freePort();
    GremlinServer server = new GremlinServer("http://127.0.0.1:" + port, directory);
    try {
      Files.createDirectories(directory);
      // Its grammar is the one that Neptune takes; Groovy only binds g when the server starts.
      Files.writeString(
          directory.resolve("server.yaml"),
          """
          host: 127.0.0.1
          port: %d
          gremlinPool: 4
          maxContentLength: 10485760
          channelizer: org.apache.tinkerpop.gremlin.server.channel.HttpChannelizer
          graphs: { graph: graph.properties }
          scriptEngines:
            gremlin-groovy:
              plugins:
                org.apache.tinkerpop.gremlin.jsr223.ScriptFileGremlinPlugin: { files: [start.groovy] }
            gremlin-lang: {}
          serializers:
            - className: org.apache.tinkerpop.gremlin.util.ser.GraphSONMessageSerializerV3
              config:
                ioRegistries: [org.apache.tinkerpop.gremlin.tinkergraph.structure.TinkerIoRegistryV3]
          """
              .formatted(port));
      Files.writeString(directory.resolve("graph.properties"), GRAPH);
      Files.writeString(directory.resolve("start.groovy"), START);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.startAgain();
    return server;
  }

  /** Starts it where it was stopped or killed: on the same port, with an empty graph. */
  public void startAgain() {
    process = ServerProcess.start(directory, Map.of(), command(), this::answers);
  }

  /** Its first answer takes long. */
  private boolean answers() throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
                  HttpRequest.newBuilder(URI.create(url + "/gremlin"))
                      .POST(
                          HttpRequest.BodyPublishers.ofString(
                              "{\"gremlin\":\"g.V().count()\",\"language\":\"gremlin-lang\"}"))
                      .build(),
                  HttpResponse.BodyHandlers.discarding())
              .statusCode()
          == 200;
    }
  }

  private static List<String> command() {
    try (var files = Files.list(MavenFolder.gathered("gremlin"))) {
      String jars =
          files
              .map(Path::toString)
              .filter(each -> each.endsWith(".jar"))
              .sorted()
              .collect(Collectors.joining(File.pathSeparator));
      return List.of(
          Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "-XX:+UseSerialGC",
          "-Xmx256m",
          "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
          "-cp",
          jars,
          "org.apache.tinkerpop.gremlin.server.GremlinServer",
          "server.yaml");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Where it is, {@code http://HOST:PORT}. */
  public String url() {
    return url;
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
