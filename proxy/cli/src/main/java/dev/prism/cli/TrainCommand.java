package dev.prism.cli;

import ch.qos.logback.classic.Level;
import dev.prism.proxy.PrismServer;
import dev.prism.proxy.ServerStartException;
import dev.prism.proxy.config.Overrides;
import dev.prism.proxy.log.Logging;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * {@code prism train}: what the launcher runs once after a build. It starts the product on free
 * ports, uses it as people do, and ends it, so that the JVMs can record what a start needs (JEP
 * 514).
 */
@picocli.CommandLine.Command(name = "train", hidden = true, header = "Records start-up caches.")
final class TrainCommand implements Callable<Integer> {
  private static final List<List<String>> CALLS =
      List.of(
          List.of("kv", "put", "greeting", "hello", "--ttl", "1m"),
          List.of("kv", "get", "greeting"),
          List.of("kv", "exists", "greeting"),
          List.of("kv", "get", "greeting", "--json"),
          List.of("kv", "batch", "put", "a=1", "b=2"),
          List.of("kv", "scan"),
          List.of("kv", "delete", "greeting"),
          List.of("queue", "publish", "greetings", "hello"),
          List.of("queue", "subscribe", "greetings", "--group", "train"),
          List.of("queue", "info", "greetings"),
          List.of("plugins"),
          List.of("stats"));

  private final Console console;

  @Option(names = "--data", required = true, paramLabel = "DIR", description = "A folder to use.")
  private @Nullable Path data;

  TrainCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws ServerStartException, InterruptedException {
    Logging.start(console.err(), Level.INFO);
    Overrides overrides = new Overrides(0, 0, data, null, false);
    int status = Command.OK;
    try (PrismServer server =
        PrismServer.start(
            UpCommand.config(null, overrides),
            UpCommand.home(),
            Version.OF_PRODUCT,
            console.err())) {
      for (List<String> call : CALLS) {
        List<String> arguments = new ArrayList<>(call);
        arguments.addAll(List.of("--endpoint", "127.0.0.1:" + server.port()));
        arguments.addAll(List.of("--admin-endpoint", "127.0.0.1:" + server.adminPort()));
        status = Math.max(status, Prism.run(console, arguments.toArray(String[]::new)));
      }
    }
    return status;
  }
}
