package dev.prism.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a plugin's process begins and ends. */
@Tag("conformance")
class PluginMainTest {
  private static final String MAIN = "com.example.NotesPlugin";

  @TempDir private static Path classes;

  @BeforeAll
  static void compile() throws Exception {
    ThirdPartyPluginTest.compile(classes);
  }

  @Test
  void aTerminatedPluginExitsWithZero() throws Exception {
    try (PluginProcess plugin = PluginProcess.start(MAIN, classes, Map.of())) {
      plugin.link();

      plugin.process.toHandle().destroy();

      assertThat(plugin.exit()).isZero();
      assertThat(plugin.log().lines()).allMatch(line -> line.matches("\\{\"time\":.*}"));
    }
  }

  @Test
  void aPluginTerminatedWhileItOpensItsStoreExitsWithZero() throws Exception {
    String main = OpeningPlugin.class.getName();
    Path tests =
        Path.of(OpeningPlugin.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    try (PluginProcess plugin = PluginProcess.start(main, tests, Map.of())) {
      assertThat(plugin.process.inputReader().readLine()).isEqualTo("opening");

      plugin.process.toHandle().destroy();

      assertThat(plugin.exit()).isZero();
    }
  }

  @Test
  void aPluginEndsWhenItsStandardInputDoes() throws Exception {
    try (PluginProcess plugin = PluginProcess.start(MAIN, classes, Map.of())) {
      plugin.link();

      plugin.process.getOutputStream().close();

      assertThat(plugin.exit()).isZero();
    }
  }

  @Test
  void aWrongVariableIsNamedInOneLine() throws Exception {
    try (PluginProcess plugin =
        PluginProcess.start(MAIN, classes, Map.of("PRISM_BACKEND_TYPE", "sqlite"))) {
      int exit = plugin.exit();

      assertThat(exit).isEqualTo(PluginMain.EXIT_CONFIG);
      assertThat(plugin.log().lines())
          .singleElement()
          .asString()
          .contains("PRISM_BACKEND_TYPE: is 'sqlite', but this plugin's backend is 'custom'")
          .contains("\"plugin\":\"notes/default\"");
    }
  }

  @Test
  void aLinkThatIsNotThereEndsThePlugin() throws Exception {
    try (PluginProcess plugin =
        PluginProcess.start(MAIN, classes, Map.of("PRISM_LINK", "nowhere"))) {
      int exit = plugin.exit();

      assertThat(exit).isEqualTo(PluginMain.EXIT_FAILED);
    }
  }
}
