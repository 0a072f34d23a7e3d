package dev.prism.cli;

import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code prism queue}: messages in topics. */
@CommandLine.Command(
    name = "queue",
    header = "Writes, reads and looks at topics of messages.",
    description = {
      "",
      "Each command opens a session with the config 'queue', or the one that --config names.",
      "",
      "Examples:",
      "  prism queue publish orders '{\"id\": 7}' --key customer-3",
      "  tail -f app.log | prism queue publish logs",
      "  prism queue subscribe orders --group billing --follow",
      "  prism queue info orders",
      "  prism queue seek orders --group billing --to earliest",
      ""
    },
    synopsisSubcommandLabel = "COMMAND")
final class QueueCommand {
  /** The config of their sessions where none is named. */
  static final String CONFIG = "queue";

  private QueueCommand() {}

  /** The group with the command that {@code word} names, or with all. */
  static CommandLine line(Console console, String word) {
    return new Subcommands()
        .with("publish", () -> new QueuePublish(console))
        .with("subscribe", () -> new QueueSubscribe(console))
        .with("ack", () -> new QueueAck(console))
        .with("info", () -> new QueueInfo(console))
        .with("seek", () -> new QueueSeek(console))
        .addTo(new CommandLine(new QueueCommand()), word);
  }

  /** Which topic, for all of them. */
  static final class TopicParameter {
    @Parameters(index = "0", paramLabel = "TOPIC", description = "The topic.")
    String name = "";
  }
}
