package dev.prism.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.admin.v1.ListPluginsResponse;
import dev.prism.admin.v1.PluginProcess;
import dev.prism.admin.v1.PluginState;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class PrismTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Console console =
      new Console(
          new ByteArrayInputStream(new byte[0]),
          new PrintStream(out, true, UTF_8),
          new PrintStream(err, true, UTF_8));

  @Test
  void everyCommandExplainsItself() {
    for (CommandLine command : commands(Prism.line(console))) {
      String name = command.getCommandSpec().qualifiedName();
      assertThat(command.getUsageMessage()).as(name).contains("Usage: " + name);
      assertThat(command.getCommandSpec().usageMessage().header()).as(name).isNotEmpty();
    }
  }

  @Test
  void helpIsAnAnswerAndNoError() {
    assertThat(Prism.run(console, "kv", "put", "--help")).isZero();
    assertThat(out.toString(UTF_8)).contains("prism kv put greeting hello");
    assertThat(err.size()).isZero();
  }

  @Test
  void aMisspeltCommandIsRefusedWithWhatItMayHaveBeen() {
    int status = Prism.run(console, "kv", "gett", "a");
    assertThat(status).isEqualTo(Command.USAGE);
    assertThat(err.toString(UTF_8)).contains("kv get").contains("--help").doesNotContain("\tat ");
  }

  @Test
  void aMissingValueIsAskedFor() {
    int status = Prism.run(console, "kv", "put", "greeting");
    assertThat(status).isEqualTo(Command.FAILED);
    assertThat(err.toString(UTF_8)).contains("a value is missing");
  }

  @Test
  void twoPreconditionsAreRefused() {
    int status = Prism.run(console, "kv", "put", "k", "v", "--if-absent", "--if-present");
    assertThat(status).isEqualTo(Command.USAGE);
    assertThat(err.toString(UTF_8)).contains("--if-absent").contains("mutually exclusive");
  }

  @Test
  void anEndpointThatIsNoneIsRefused() {
    int status = Prism.run(console, "kv", "get", "k", "--endpoint", "::not an endpoint::");
    assertThat(status).isEqualTo(Command.FAILED);
    assertThat(err.toString(UTF_8)).contains("HOST:PORT").doesNotContain("\tat ");
  }

  @Test
  void theVersionIsOneLine() {
    assertThat(Prism.run(console, "version")).isZero();
    assertThat(out.toString(UTF_8)).startsWith("prism ").endsWith(")\n").hasLineCount(1);
  }

  @Test
  void pluginsAreATableWithTheLastFailureUnderIt() {
    String table =
        PluginsCommand.table(
            ListPluginsResponse.newBuilder()
                .addProcesses(
                    PluginProcess.newBuilder()
                        .setInstance("orders")
                        .setBackendType("sqlite")
                        .setState(PluginState.PLUGIN_STATE_CRASH_LOOP)
                        .setRestarts(9)
                        .setLastFailure("ended by signal 9"))
                .build());
    assertThat(table.lines().toList())
        .containsExactly(
            "INSTANCE  BACKEND  ROLES  STATE       PID  UPTIME  MEMORY  CALLS  ERRORS  RESTARTS",
            "orders    sqlite   all    CRASH_LOOP    -       -       -      0       0         9",
            "orders last failed at 1970-01-01T00:00:00Z: ended by signal 9");
  }

  @Test
  void aValueInAListIsOneLineWhateverItsBytes() {
    assertThat(KvScan.printable(ByteString.copyFromUtf8("grün\tund\nblau\\")))
        .isEqualTo("grün\\tund\\nblau\\\\");
    assertThat(KvScan.printable(ByteString.copyFrom(new byte[] {(byte) 0xff, 'a', 0})))
        .isEqualTo("\\xffa\\x00");
    assertThat(KvScan.printable(ByteString.copyFromUtf8("\u001b[2J"))).isEqualTo("\\x1b[2J");
  }

  private static List<CommandLine> commands(CommandLine command) {
    List<CommandLine> all = new ArrayList<>(List.of(command));
    command.getSubcommands().values().forEach(sub -> all.addAll(commands(sub)));
    return all;
  }
}
