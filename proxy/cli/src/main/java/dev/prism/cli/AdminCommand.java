package dev.prism.cli;

/** A command that talks to the admin port. */
abstract class AdminCommand extends Command {
  AdminCommand(Console console) {
    super(console);
  }

  @Override
  String endpoint() {
    return options.adminEndpoint();
  }
}
