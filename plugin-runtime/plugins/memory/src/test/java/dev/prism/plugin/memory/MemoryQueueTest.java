package dev.prism.plugin.memory;

import dev.prism.conformance.HostedQueueSuite;
import dev.prism.sdk.Plugin;
import java.time.InstantSource;
import org.junit.jupiter.api.Tag;

/** The memory backend's queue through the SPI. */
@Tag("conformance")
class MemoryQueueTest extends HostedQueueSuite {
  @Override
  public String backend() {
    return "memory";
  }

  @Override
  protected Plugin newPlugin() {
    return new MemoryPlugin(InstantSource.system());
  }
}
