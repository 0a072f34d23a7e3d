package dev.prism.system;

import dev.prism.config.v1.BackendType;
import org.junit.jupiter.api.Tag;

@Tag("system")
class MemoryQueueThroughProxyTest extends QueueThroughProxy {
  MemoryQueueThroughProxyTest() {
    super("memory", BackendType.BACKEND_TYPE_MEMORY);
  }
}
