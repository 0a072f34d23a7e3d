package dev.prism.plugin.postgres;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** The Transact suite on a server that speaks TLS alone and asks for a password. */
@Tag("conformance")
class PostgresSecuredTransactTest extends PostgresTransactTest {
  @Override
  TestDatabase open(Path folder) {
    return TestDatabase.secured(folder);
  }
}
