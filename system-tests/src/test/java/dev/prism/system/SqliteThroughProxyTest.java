package dev.prism.system;

import dev.prism.session.v1.CreateSessionResponse;
import java.io.IOException;
import org.junit.jupiter.api.Tag;

@Tag("system")
class SqliteThroughProxyTest extends KeyValueThroughProxy {
  SqliteThroughProxyTest() {
    super("sqlite");
  }

  @Override
  protected Prism up() throws IOException {
    return Prism.up(Prism.newDirectory("conformance-sqlite"));
  }

  @Override
  protected CreateSessionResponse open(Prism prism) {
    return prism.createSession("default");
  }
}
