package dev.prism.cli;

import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code prism mailbox}: messages that transactions wrote. */
@CommandLine.Command(
    name = "mailbox",
    header = "Reads the messages that transactions wrote to a mailbox.",
    description = {
      "",
      "Each command opens a session with the config 'transact', or the one that --config names. Messages",
      "are written by 'prism tx'.",
      "",
      "Examples:",
      "  prism mailbox read orders-outbox",
      "  prism mailbox read orders-outbox --follow --raw | ./publish",
      "  prism mailbox ack orders-outbox RECEIPT --reject 'no such customer'",
      ""
    },
    synopsisSubcommandLabel = "COMMAND")
final class MailboxCommand {
  private MailboxCommand() {}

  /** The group with the command that {@code word} names, or with all. */
  static CommandLine line(Console console, String word) {
    return new Subcommands()
        .with("read", () -> new MailboxRead(console))
        .with("ack", () -> new MailboxAck(console))
        .addTo(new CommandLine(new MailboxCommand()), word);
  }

  /** Which mailbox, for both of them. */
  static final class NameParameter {
    @Parameters(index = "0", paramLabel = "MAILBOX", description = "The mailbox.")
    String name = "";
  }
}
