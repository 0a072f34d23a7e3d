package dev.prism.plugin.memory;

import dev.prism.conformance.HostedPubSubSuite;
import dev.prism.sdk.Plugin;
import java.time.InstantSource;
import org.junit.jupiter.api.Tag;

/** The memory backend's events through the SPI. */
@Tag("conformance")
class MemoryPubSubTest extends HostedPubSubSuite {
  @Override
  public String backend() {
    return "memory";
  }

  @Override
  protected Plugin newPlugin() {
    return new MemoryPlugin(InstantSource.system());
  }
}
