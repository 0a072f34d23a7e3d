package dev.prism.system;

import org.junit.jupiter.api.Tag;

@Tag("system")
class MemoryThroughProxyTest extends KeyValueThroughProxy {
  MemoryThroughProxyTest() {
    super("memory", "memory");
  }
}
