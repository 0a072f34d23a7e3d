package dev.prism.plugin.nats;

import dev.prism.conformance.HostedQueueSuite;
import dev.prism.sdk.Plugin;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** Queues on a server that speaks TLS alone and knows who a credentials file says one is. */
@Tag("conformance")
class NatsSecuredQueueTest extends HostedQueueSuite {
  @TempDir private static Path directory;
  private SecuredServer server;

  @Override
  public String backend() {
    return "nats";
  }

  @Override
  protected Plugin newPlugin() {
    return new NatsPlugin(InstantSource.system());
  }

  @Override
  protected Map<String, String> variables() throws Exception {
    server = new SecuredServer(directory);
    return server.variables();
  }

  @AfterAll
  void stopServer() {
    server.close();
  }
}
