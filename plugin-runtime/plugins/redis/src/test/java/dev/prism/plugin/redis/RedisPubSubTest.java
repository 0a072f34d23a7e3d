package dev.prism.plugin.redis;

import dev.prism.conformance.HostedPubSubSuite;
import dev.prism.sdk.Plugin;
import dev.prism.testservers.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

/** The Redis backend's events through the SPI. */
@Tag("conformance")
class RedisPubSubTest extends HostedPubSubSuite {
  private final RedisServer server = RedisServer.durable(directory());

  private static Path directory() {
    try {
      return Files.createTempDirectory("redis-events-"); // under the build's own folder
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterAll
  void stopServer() {
    server.close();
  }

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
    return Map.of("REDIS_URL", RedisServer.given().orElseGet(server::url));
  }
}
