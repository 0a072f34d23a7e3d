package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.session.v1.CreateSessionResponse;
import dev.prism.testservers.DynamoDbServer;
import dev.prism.type.v1.AccessPattern;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

@Tag("system")
class DynamoKeyValueThroughProxyTest extends KeyValueThroughProxy {
  private final DynamoDbServer server =
      DynamoDbServer.forTests(Prism.newDirectory("dynamodb-server"));

  DynamoKeyValueThroughProxyTest() {
    super("dynamodb");
  }

  @Override
  public int maxValueBytes() {
    return 388 << 10;
  }

  @Override
  protected Prism up() throws IOException {
    return Prism.upWith("dynamodb", server.settings());
  }

  @Override
  protected CreateSessionResponse open(Prism prism) {
    return prism.openSession(
        AccessPattern.ACCESS_PATTERN_KEYVALUE, BackendType.BACKEND_TYPE_DYNAMODB);
  }

  @AfterAll
  void stopServer() {
    server.close();
  }
}
