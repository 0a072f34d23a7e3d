package dev.prism.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import dev.prism.config.v1.ClientConfig;
import dev.prism.config.v1.ConfigEntry;
import dev.prism.config.v1.DeleteConfigRequest;
import dev.prism.config.v1.GetConfigRequest;
import dev.prism.config.v1.ListConfigsRequest;
import dev.prism.config.v1.ListConfigsResponse;
import dev.prism.config.v1.RegisterConfigRequest;
import dev.prism.config.v1.RegisterConfigResponse;
import dev.prism.proxy.config.ConfigErrors;
import dev.prism.proxy.config.ExampleConfig;
import dev.prism.proxy.config.Overrides;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.config.ServerConfigLoader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code prism config}: the server's configuration file, and the configs of clients. */
@CommandLine.Command(
    name = "config",
    header = "Shows and checks configurations, and registers those of clients.",
    description = {
      "",
      "'example' and 'check' are about the server's own file and need no running Prism; the others",
      "are about named client configurations (RFC 3.3) on a running one.",
      "",
      "Examples:",
      "  prism config example > prism.yaml",
      "  prism config check prism.yaml",
      "  prism config list --namespace orders",
      "  echo '{\"name\": \"carts\", \"pattern\": \"ACCESS_PATTERN_KEYVALUE\",",
      "         \"backend\": {\"type\": \"BACKEND_TYPE_MEMORY\"}}' | prism config register -",
      ""
    },
    synopsisSubcommandLabel = "COMMAND")
final class ConfigCommand {
  private ConfigCommand() {}

  static CommandLine line(Console console) {
    return new CommandLine(new ConfigCommand())
        .addSubcommand(new Example(console))
        .addSubcommand(new Check(console))
        .addSubcommand(new List(console))
        .addSubcommand(new Get(console))
        .addSubcommand(new Register(console))
        .addSubcommand(new Delete(console));
  }

  @CommandLine.Command(
      name = "example",
      header = "Prints a commented server configuration with every key there is.")
  static final class Example implements Callable<Integer> {
    private final Console console;

    Example(Console console) {
      this.console = console;
    }

    @Override
    public Integer call() {
      console.out().print(ExampleConfig.text());
      return Command.OK;
    }
  }

  @CommandLine.Command(
      name = "check",
      header = "Checks a server configuration and reports every error with file and line.",
      description = {
        "",
        "${NAME} in the file is read from the environment, as when the server starts. Exit status 1",
        "says that there are errors; nothing is started.",
        ""
      })
  static final class Check implements Callable<Integer> {
    private final Console console;

    @Parameters(paramLabel = "FILE", description = "The configuration file.")
    private Path file = Path.of("");

    Check(Console console) {
      this.console = console;
    }

    @Override
    public Integer call() {
      try {
        ServerConfig config = ServerConfigLoader.load(file, System.getenv(), Overrides.NONE);
        console
            .out()
            .printf(
                "%s is valid: %d backends, %d namespaces, %d configs%n",
                file,
                config.backends().size(),
                config.namespaces().size(),
                config.configs().size());
        return Command.OK;
      } catch (ConfigErrors e) {
        e.errors().forEach(error -> console.err().println(error));
        return Command.FAILED;
      }
    }
  }

  @CommandLine.Command(name = "list", header = "Lists the configs that sessions can name.")
  static final class List extends Command {
    List(Console console) {
      super(console);
    }

    @Override
    public Integer call() {
      Table table = new Table("NAME", "VERSION", "PATTERN", "BACKEND", "SOURCE");
      try (Client client = Client.ofData(options)) {
        sayPages(
            token ->
                client
                    .configs()
                    .listConfigs(
                        ListConfigsRequest.newBuilder()
                            .setNamespace(options.namespace())
                            .setPageToken(token)
                            .build()),
            ListConfigsResponse::getNextPageToken,
            table,
            page -> page.getConfigsList().forEach(entry -> row(table, entry)));
      }
      return OK;
    }

    private static void row(Table table, ConfigEntry entry) {
      ClientConfig config = entry.getConfig();
      String type = word(config.getBackend().getType().name(), "BACKEND_TYPE_");
      table.row(
          config.getName(),
          config.getVersion(),
          word(config.getPattern().name(), "ACCESS_PATTERN_"),
          config.getBackend().getName().isEmpty()
              ? type
              : type + " '" + config.getBackend().getName() + "'",
          word(entry.getSource().name(), "CONFIG_SOURCE_"));
    }

    private static String word(String name, String prefix) {
      return name.substring(prefix.length()).toLowerCase(Locale.ROOT);
    }
  }

  @CommandLine.Command(name = "get", header = "Shows one config, as JSON.")
  static final class Get extends Command {
    @Parameters(paramLabel = "NAME", description = "The config's name.")
    private String name = "";

    Get(Console console) {
      super(console);
    }

    @Override
    public Integer call() {
      try (Client client = Client.ofData(options)) {
        GetConfigRequest get =
            GetConfigRequest.newBuilder().setName(name).setNamespace(options.namespace()).build();
        sayJson(client.configs().getConfig(get).getConfig());
        return OK;
      }
    }
  }

  @CommandLine.Command(
      name = "register",
      header = "Keeps a config under its name, across restarts.",
      description = {
        "",
        "Everything that is wrong with it is listed, and nothing is kept then. docs/sessions.md has",
        "the fields.",
        ""
      })
  static final class Register extends Command {
    @Parameters(
        paramLabel = "FILE",
        description = "The prism.config.v1.ClientConfig as JSON; - is standard input.")
    private String file = "";

    Register(Console console) {
      super(console);
    }

    @Override
    public Integer call() {
      ClientConfig.Builder config = ClientConfig.newBuilder();
      try {
        JsonFormat.parser().merge(read(), config);
      } catch (InvalidProtocolBufferException e) {
        throw new UserError(file + " is not a client config as JSON: " + e.getMessage());
      } catch (IOException e) {
        throw new UserError("cannot read " + file + ": " + e);
      }
      if (!options.namespace().isEmpty()) {
        config.setNamespace(options.namespace());
      }
      try (Client client = Client.ofData(options)) {
        RegisterConfigResponse answer =
            client
                .configs()
                .registerConfig(RegisterConfigRequest.newBuilder().setConfig(config).build());
        if (options.json()) {
          sayJson(answer);
        } else {
          say(answer.getChanged() ? "registered" : "was registered already");
        }
        return OK;
      }
    }

    private String read() throws IOException {
      return "-".equals(file)
          ? new String(console.in().readAllBytes(), StandardCharsets.UTF_8)
          : Files.readString(Path.of(file));
    }
  }

  @CommandLine.Command(name = "delete", header = "Forgets a registered config.")
  static final class Delete extends Command {
    @Parameters(paramLabel = "NAME", description = "The config's name.")
    private String name = "";

    Delete(Console console) {
      super(console);
    }

    @Override
    public Integer call() {
      try (Client client = Client.ofData(options)) {
        DeleteConfigRequest delete =
            DeleteConfigRequest.newBuilder()
                .setName(name)
                .setNamespace(options.namespace())
                .build();
        say(client.configs().deleteConfig(delete).getExisted() ? "deleted" : "was not there");
        return OK;
      }
    }
  }
}
