package dev.prism.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;

/**
 * A group's commands by name, made when needed: reading the annotations of all of them takes longer
 * than most calls, so that a command line that names one gets only that one.
 */
final class Subcommands {
  private final Map<String, Supplier<Object>> commands = new LinkedHashMap<>();

  Subcommands with(String name, Supplier<Object> command) {
    commands.put(name, command);
    return this;
  }

  /** Adds the command that {@code word} names; all of them where it names none. */
  CommandLine addTo(CommandLine group, String word) {
    Supplier<Object> named = commands.get(word);
    if (named != null) {
      return group.addSubcommand(word, named.get());
    }
    commands.forEach((name, command) -> group.addSubcommand(name, command.get()));
    return group;
  }
}
