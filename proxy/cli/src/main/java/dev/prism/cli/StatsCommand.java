package dev.prism.cli;

import dev.prism.admin.v1.GetStatsRequest;
import dev.prism.admin.v1.GetStatsResponse;
import dev.prism.admin.v1.MethodStats;

/** {@code prism stats}. */
@picocli.CommandLine.Command(
    name = "stats",
    header = "Shows the proxy's own figures: uptime, memory, sessions, and calls by method.")
final class StatsCommand extends AdminCommand {
  StatsCommand(Console console) {
    super(console);
  }

  @Override
  public Integer call() {
    try (Client client = Client.ofAdmin(options)) {
      GetStatsResponse stats = client.admin().getStats(GetStatsRequest.getDefaultInstance());
      if (options.json()) {
        sayJson(stats);
        return OK;
      }
      console
          .out()
          .printf(
              "version %s, pid %d, up %s, %s resident, %d sessions, %d calls in flight%n%n",
              stats.getVersion(),
              stats.getPid(),
              Units.time(Units.of(stats.getUptime())),
              Units.size(stats.getResidentMemoryBytes()),
              stats.getSessions(),
              stats.getInFlight());
      Table table = new Table("METHOD", "CALLS", "ERRORS");
      for (MethodStats method : stats.getMethodsList()) {
        table.row(method.getMethod(), method.getCalls(), method.getErrors());
      }
      console.out().print(table);
      return OK;
    }
  }
}
