package dev.prism.cli;

import dev.prism.admin.v1.ListNamespacesRequest;
import dev.prism.admin.v1.ListNamespacesResponse;
import dev.prism.admin.v1.Namespace;

/** {@code prism namespaces}. */
@picocli.CommandLine.Command(
    name = "namespaces",
    header = "Shows the namespaces, the backends that each may use, and its open sessions.")
final class NamespacesCommand extends AdminCommand {
  NamespacesCommand(Console console) {
    super(console);
  }

  @Override
  public Integer call() {
    try (Client client = Client.ofAdmin(options)) {
      ListNamespacesResponse answer =
          client.admin().listNamespaces(ListNamespacesRequest.getDefaultInstance());
      if (options.json()) {
        sayJson(answer);
        return OK;
      }
      Table table = new Table("NAMESPACE", "BACKENDS", "CALLS/S", "SESSIONS");
      for (Namespace namespace : answer.getNamespacesList()) {
        table.row(
            namespace.getName(),
            String.join(",", namespace.getBackendsList()),
            namespace.hasRateLimit() ? namespace.getRateLimit().getRps() : "",
            namespace.getSessions());
      }
      console.out().print(table);
      return OK;
    }
  }
}
