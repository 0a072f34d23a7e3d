package dev.prism.plugin.nats;

import dev.prism.conformance.HostedKeyValueSuite;
import dev.prism.sdk.Plugin;
import dev.prism.testservers.NatsServer;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

/** Values in KV buckets through the SPI. */
@Tag("conformance")
class NatsKeyValueTest extends HostedKeyValueSuite {
  private final NatsServer server = NatsServer.start();

  @Override
  public String backend() {
    return "nats";
  }

  @Override
  protected Plugin newPlugin() {
    return new NatsPlugin(InstantSource.system());
  }

  @Override
  protected Map<String, String> variables() {
    return Map.of("NATS_URL", server.url());
  }

  @AfterAll
  void stopServer() {
    server.close();
  }
}
