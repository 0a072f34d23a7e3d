package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.conformance.JsonItems;
import dev.prism.conformance.KeyValueApi;
import dev.prism.conformance.TestTables;
import dev.prism.type.v1.AccessPattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("system")
class MemoryReaderThroughProxyTest extends ReaderThroughProxy {
  private KeyValueApi items;

  MemoryReaderThroughProxyTest() {
    super("memory", BackendType.BACKEND_TYPE_MEMORY);
  }

  @BeforeAll
  void openItems() {
    items = new KeyValueApi(open("default", AccessPattern.ACCESS_PATTERN_KEYVALUE).api());
  }

  @Override
  public TestTables tables() {
    return new JsonItems(() -> items);
  }
}
