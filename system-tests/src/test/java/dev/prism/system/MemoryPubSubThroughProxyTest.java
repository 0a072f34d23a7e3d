package dev.prism.system;

import dev.prism.config.v1.BackendType;
import org.junit.jupiter.api.Tag;

@Tag("system")
class MemoryPubSubThroughProxyTest extends PubSubThroughProxy {
  MemoryPubSubThroughProxyTest() {
    super("memory", BackendType.BACKEND_TYPE_MEMORY);
  }
}
