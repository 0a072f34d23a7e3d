package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Backends whose data is in one process take no second one. */
@Tag("system")
class SingleProcessTest {
  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "memory"})
  void aSecondProcessIsAnErrorOfTheConfigurationAndKeepsPrismFromStarting(String type)
      throws Exception {
    // Given
    Path data = Prism.newDirectory("single");
    Path config =
        Files.writeString(
            data.resolveSibling(data.getFileName() + ".yaml"),
            """
            control: { backend: main }
            backends:
              main: { type: sqlite }
              two: { type: %s, processes: [{ count: 2 }] }
            """
                .formatted(type));

    // When
    Prism.Ended check = Prism.run("config", "check", config.toString());
    Prism.Ended up =
        Prism.run("up", "--config", config.toString(), "--data", data.toString(), "--port", "0");

    // Then
    assertThat(check.status()).isEqualTo(1);
    assertThat(check.out() + check.err())
        .contains(":4: backends.two.processes: BACKEND_SINGLE_PROCESS");
    assertThat(up.status()).isEqualTo(1);
    assertThat(up.err()).contains("BACKEND_SINGLE_PROCESS");
  }
}
