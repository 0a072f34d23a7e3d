package dev.prism.plugin.memory;

import dev.prism.conformance.KeyValueApi;
import dev.prism.conformance.KeyValueSuite;
import dev.prism.conformance.LinkApi;
import dev.prism.link.Hello;
import dev.prism.link.InProcessLink;
import dev.prism.link.Link;
import dev.prism.sdk.Capability;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.runtime.PluginRuntime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;

/** The memory backend through the SPI. */
@Tag("conformance")
class MemoryKeyValueTest extends KeyValueSuite {
  private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);
  private final InstantSource clock = () -> Instant.now().plus(ahead.get());
  private PluginRuntime runtime;
  private Link link;

  @BeforeEach
  void start() {
    runtime = PluginRuntime.start(new MemoryPlugin(clock), PluginConfig.of(Map.of()), clock);
    link = InProcessLink.connect(hello("proxy"), hello("prism-memory"), runtime);
  }

  @AfterEach
  void stop() {
    link.close();
    runtime.close();
  }

  private Hello hello(String name) {
    return new Hello(
        Hello.LINK_VERSION,
        name,
        "test",
        Set.of(),
        runtime.budget().maxMessageBytes(),
        runtime.budget().maxPendingBytes());
  }

  @Override
  public String backend() {
    return "memory";
  }

  @Override
  public Set<Capability> capabilities() {
    return new MemoryStore(clock, 1 << 20).capabilities();
  }

  @Override
  public KeyValueApi api() {
    return new KeyValueApi(new LinkApi(() -> link, "default"));
  }

  @Override
  public void restart() {
    stop();
    start();
  }

  @Override
  public void advance(Duration time) {
    ahead.updateAndGet(before -> before.plus(time));
  }
}
