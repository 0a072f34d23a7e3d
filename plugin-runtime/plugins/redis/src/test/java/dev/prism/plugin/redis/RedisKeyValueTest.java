package dev.prism.plugin.redis;

import dev.prism.conformance.HostedKeyValueSuite;
import dev.prism.sdk.Plugin;
import dev.prism.testservers.RedisServer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The Redis backend's values through the SPI. */
@Tag("conformance")
class RedisKeyValueTest extends HostedKeyValueSuite {
  @TempDir private static Path directory;
  private RedisServer server;

  @Override
  public String backend() {
    return "redis";
  }

  @Override
  protected Plugin newPlugin() {
    return new RedisPlugin(InstantSource.system());
  }

  @Override
  protected Map<String, String> variables() {
    server = RedisServer.durable(directory);
    return Map.of("REDIS_URL", RedisServer.given().orElseGet(server::url));
  }

  @AfterAll
  void stopServer() {
    server.close();
  }
}
