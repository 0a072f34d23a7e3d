package dev.prism.cli;

import dev.prism.admin.v1.ListSessionsRequest;
import dev.prism.admin.v1.ListSessionsResponse;
import dev.prism.admin.v1.TerminateSessionRequest;
import dev.prism.session.v1.BoundConfig;
import dev.prism.session.v1.Session;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code prism sessions}: who is connected. */
@CommandLine.Command(
    name = "sessions",
    header = "Lists the open sessions, or ends one.",
    synopsisSubcommandLabel = "COMMAND")
final class SessionsCommand {
  private SessionsCommand() {}

  static CommandLine line(Console console) {
    return new CommandLine(new SessionsCommand())
        .addSubcommand(new List(console))
        .addSubcommand(new Terminate(console));
  }

  @CommandLine.Command(
      name = "list",
      header = "Lists the open sessions, oldest first.",
      description = {"", "With --namespace, only those of that namespace.", ""})
  static final class List extends AdminCommand {
    List(Console console) {
      super(console);
    }

    @Override
    public Integer call() {
      Table table =
          new Table("SESSION", "NAMESPACE", "IDENTITY", "CLIENT", "CONFIGS", "SINCE", "ACTIVE");
      try (Client client = Client.ofAdmin(options)) {
        sayPages(
            token ->
                client
                    .admin()
                    .listSessions(
                        ListSessionsRequest.newBuilder()
                            .setNamespace(options.namespace())
                            .setPageToken(token)
                            .build()),
            ListSessionsResponse::getNextPageToken,
            table,
            page -> page.getSessionsList().forEach(session -> row(table, session)));
      }
      return OK;
    }

    private static void row(Table table, Session session) {
      table.row(
          session.getSessionId(),
          session.getNamespace(),
          session.getIdentity(),
          session.getClientId(),
          session.getConfigsList().stream()
              .map(BoundConfig::getName)
              .collect(Collectors.joining(",")),
          Units.instant(session.getCreatedAt()),
          Units.instant(session.getLastActiveAt()));
    }
  }

  @CommandLine.Command(
      name = "terminate",
      header = "Ends a session: its calls from now on are refused with SESSION_EXPIRED.")
  static final class Terminate extends AdminCommand {
    @Parameters(paramLabel = "SESSION", description = "The session's id, as in 'sessions list'.")
    private String id = "";

    Terminate(Console console) {
      super(console);
    }

    @Override
    public Integer call() {
      try (Client client = Client.ofAdmin(options)) {
        boolean existed =
            client
                .admin()
                .terminateSession(TerminateSessionRequest.newBuilder().setSessionId(id).build())
                .getExisted();
        if (!existed) {
          throw new UserError(
              "there is no open session '" + id + "': ./prism sessions list shows them");
        }
        say("terminated " + id);
        return OK;
      }
    }
  }
}
