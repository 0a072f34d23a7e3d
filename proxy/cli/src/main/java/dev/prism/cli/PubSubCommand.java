package dev.prism.cli;

import picocli.CommandLine;

/** {@code prism pubsub}: events to whoever listens. */
@CommandLine.Command(
    name = "pubsub",
    header = "Publishes events, and listens to them.",
    description = {
      "",
      "Each command opens a session with the config 'pubsub', or the one that --config names. Events go to",
      "those who listen at the time, at most once; for messages that are kept there is 'prism queue'.",
      "",
      "Examples:",
      "  prism pubsub subscribe 'orders.>'",
      "  prism pubsub publish orders.eu.created '{\"id\": 7}'",
      ""
    },
    synopsisSubcommandLabel = "COMMAND")
final class PubSubCommand {
  /** The config of their sessions where none is named. */
  static final String CONFIG = "pubsub";

  private PubSubCommand() {}

  /** The group with the command that {@code word} names, or with all. */
  static CommandLine line(Console console, String word) {
    return new Subcommands()
        .with("publish", () -> new PubSubPublish(console))
        .with("subscribe", () -> new PubSubSubscribe(console))
        .addTo(new CommandLine(new PubSubCommand()), word);
  }
}
