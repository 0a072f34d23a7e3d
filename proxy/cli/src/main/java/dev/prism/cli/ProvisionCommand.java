package dev.prism.cli;

import dev.prism.admin.v1.ProvisionRequest;
import dev.prism.admin.v1.ProvisionResponse;
import dev.prism.admin.v1.ProvisionedTopic;
import dev.prism.plugin.v1.ProvisionChange;
import picocli.CommandLine.Option;

/** {@code prism provision}. */
@picocli.CommandLine.Command(
    name = "provision",
    header = "Makes the topics that the server's configuration names, where they are missing.",
    description = {
      "",
      "NONE: it is there as configured. CREATE: it was missing, and is made. DIFFERS: it is there with",
      "other settings, which are left as they are. FAILED: the backend refused, or does not answer.",
      "Exit status 1 says that some differ or failed. Each topic's dead-letter topic is made with it.",
      "",
      "Examples:",
      "  prism provision --dry-run",
      "  prism provision --namespace orders",
      ""
    })
final class ProvisionCommand extends AdminCommand {
  @Option(names = "--dry-run", description = "Change nothing; show what would be done.")
  private boolean dryRun;

  ProvisionCommand(Console console) {
    super(console);
  }

  @Override
  public Integer call() {
    try (Client client = Client.ofAdmin(options)) {
      ProvisionResponse answer =
          client
              .admin()
              .provision(
                  ProvisionRequest.newBuilder()
                      .setNamespace(options.namespace())
                      .setDryRun(dryRun)
                      .build());
      if (options.json()) {
        sayJson(answer);
      } else if (answer.getTopicsCount() == 0) {
        say("the server's configuration names no topics (namespaces.NAME.topics)");
      } else {
        console.out().print(table(answer));
      }
      return answer.getTopicsList().stream().allMatch(ProvisionCommand::isWell) ? OK : FAILED;
    }
  }

  private static boolean isWell(ProvisionedTopic topic) {
    return topic.getChange() == ProvisionChange.PROVISION_CHANGE_NONE
        || topic.getChange() == ProvisionChange.PROVISION_CHANGE_CREATE;
  }

  static String table(ProvisionResponse answer) {
    Table table = new Table("NAMESPACE", "TOPIC", "BACKEND", "NAME", "CHANGE", "DETAIL");
    for (ProvisionedTopic topic : answer.getTopicsList()) {
      table.row(
          topic.getNamespace(),
          topic.getTopic(),
          topic.getBackend(),
          topic.getPhysicalName(),
          topic.hasError() ? "FAILED" : topic.getChange().name().replace("PROVISION_CHANGE_", ""),
          topic.hasError() ? Failures.brief(topic.getError()) : topic.getDetail());
    }
    return table.toString();
  }
}
