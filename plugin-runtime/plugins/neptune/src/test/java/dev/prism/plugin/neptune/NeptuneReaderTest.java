package dev.prism.plugin.neptune;

import dev.prism.conformance.GremlinTables;
import dev.prism.conformance.HostedReaderSuite;
import dev.prism.conformance.TestTables;
import dev.prism.sdk.Plugin;
import dev.prism.testservers.GremlinServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The Reader suite on a Gremlin Server, with vertices that another program made. */
@Tag("conformance")
class NeptuneReaderTest extends HostedReaderSuite {
  @TempDir private static Path directory;
  private GremlinServer server;

  @Override
  public String backend() {
    return "neptune";
  }

  @Override
  protected Plugin newPlugin() {
    return new NeptunePlugin();
  }

  @Override
  protected Map<String, String> variables() {
    server = GremlinServer.forTests(directory.resolve("server"));
    return Map.of("NEPTUNE_ENDPOINT", server.url());
  }

  @Override
  public TestTables tables() {
    return new GremlinTables(server.url(), "default/");
  }

  @AfterAll
  void stopServer() {
    server.close();
  }
}
