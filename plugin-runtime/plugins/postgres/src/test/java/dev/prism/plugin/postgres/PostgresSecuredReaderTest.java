package dev.prism.plugin.postgres;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** The Reader suite on a server that speaks TLS alone and asks for a password. */
@Tag("conformance")
class PostgresSecuredReaderTest extends PostgresReaderTest {
  @Override
  TestDatabase open(Path folder) {
    return TestDatabase.secured(folder);
  }

  /** The model has been walked through without TLS. */
  @Override
  public int randomOperations() {
    return 5_000;
  }
}
