package dev.prism.system;

import dev.prism.config.v1.BackendType;
import org.junit.jupiter.api.Tag;

@Tag("system")
class SqliteQueueThroughProxyTest extends QueueThroughProxy {
  SqliteQueueThroughProxyTest() {
    super("sqlite", BackendType.BACKEND_TYPE_SQLITE);
  }
}
