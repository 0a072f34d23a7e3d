package dev.prism.cli;

import java.util.concurrent.Callable;

/** {@code prism version}. */
@picocli.CommandLine.Command(
    name = "version",
    header = "Says what build this is, and of which Java.")
final class VersionCommand implements Callable<Integer> {
  private final Console console;

  VersionCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    console
        .out()
        .printf(
            "prism %s (Java %s, %s %s)%n",
            Version.OF_PRODUCT,
            Runtime.version(),
            System.getProperty("os.name"),
            System.getProperty("os.arch"));
    return Command.OK;
  }
}
