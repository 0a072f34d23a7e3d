package dev.prism.cli;

import io.grpc.StatusRuntimeException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/**
 * The {@code prism} command: what {@code ./prism} runs once it has found a JDK and built the rest.
 */
@CommandLine.Command(
    name = "prism",
    header = "Prism, a data access gateway: one gRPC API in front of databases and brokers.",
    description = {
      "",
      "  prism up                        starts the proxy and its plugins, in the foreground",
      "  prism kv put greeting hello     writes a value (in a second terminal)",
      "  prism kv get greeting           reads it",
      "  prism plugins                   shows the plugin processes",
      ""
    },
    footer = {
      "",
      "'prism COMMAND --help' explains a command; docs/cli.md has them all. The launcher ./prism also",
      "knows build, test [--fast|NAME], bench [NAME], format, and dist, which writes an archive."
    },
    synopsisSubcommandLabel = "COMMAND")
public final class Prism {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Explain the command.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it
  private boolean help;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show where an error comes from, as a stack trace.")
  private boolean debug;

  private Prism() {}

  /** Runs one command and exits with its status: 0, 1 where it failed, 2 where it is misspelt. */
  public static void main(String[] arguments) {
    Console console = Console.ofProcess();
    int status = run(console, arguments);
    console.out().flush();
    System.exit(status);
  }

  static int run(Console console, String... arguments) {
    return line(console, arguments).execute(arguments);
  }

  /** The command as far as {@code arguments} need it. */
  static CommandLine line(Console console, String... arguments) {
    Prism prism = new Prism();
    String first = arguments.length > 0 ? arguments[0] : "";
    String second = arguments.length > 1 ? arguments[1] : "";
    CommandLine line =
        new Subcommands()
            .with("up", () -> new UpCommand(console))
            .with("kv", () -> KvCommand.line(console, second))
            .with("queue", () -> QueueCommand.line(console, second))
            .with("pubsub", () -> PubSubCommand.line(console, second))
            .with("read", () -> new ReadCommand(console))
            .with("query", () -> new QueryCommand(console))
            .with("count", () -> new CountCommand(console))
            .with("tx", () -> new TxCommand(console))
            .with("mailbox", () -> MailboxCommand.line(console, second))
            .with("plugins", () -> new PluginsCommand(console))
            .with("sessions", () -> SessionsCommand.line(console))
            .with("namespaces", () -> new NamespacesCommand(console))
            .with("provision", () -> new ProvisionCommand(console))
            .with("config", () -> ConfigCommand.line(console))
            .with("key", () -> KeyCommand.line(console))
            .with("stats", () -> new StatsCommand(console))
            .with("train", () -> new TrainCommand(console))
            .with("version", () -> new VersionCommand(console))
            .addTo(new CommandLine(prism), first);
    line.setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8));
    line.setUsageHelpWidth(100);
    line.setUsageHelpLongOptionsMaxWidth(30);
    line.setParameterExceptionHandler((e, given) -> misspelt(console, e));
    line.setExecutionExceptionHandler(
        (e, command, parsed) -> failed(console, prism.debug, e, command));
    return line;
  }

  private static int misspelt(Console console, ParameterException e) {
    console.err().println("prism: " + e.getMessage());
    CommandLine.UnmatchedArgumentException.printSuggestions(e, console.err());
    console
        .err()
        .printf("'%s --help' explains it%n", e.getCommandLine().getCommandSpec().qualifiedName());
    return Command.USAGE;
  }

  private static int failed(Console console, boolean debug, Exception e, CommandLine command) {
    switch (e) {
      case UserError told -> told.lines().forEach(line -> complain(console, line));
      case StatusRuntimeException refused -> {
        String endpoint =
            command.getCommand() instanceof Command client ? client.endpoint() : "the server";
        Failures.explain(refused, endpoint).forEach(line -> complain(console, line));
      }
      default -> complain(console, e + " (this should not happen; --debug shows where)");
    }
    if (debug) {
      e.printStackTrace(console.err());
    }
    return Command.FAILED;
  }

  private static void complain(Console console, String line) {
    console.err().println("prism: " + line);
  }
}
