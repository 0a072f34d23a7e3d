package dev.prism.system;

import org.junit.jupiter.api.Tag;

@Tag("system")
class SqliteThroughProxyTest extends KeyValueThroughProxy {
  SqliteThroughProxyTest() {
    super("sqlite", "default");
  }
}
