package dev.prism.cli;

import dev.prism.queue.v1.GetTopicInfoRequest;
import dev.prism.queue.v1.GetTopicInfoResponse;
import dev.prism.queue.v1.GroupInfo;
import dev.prism.queue.v1.GroupPartition;
import dev.prism.queue.v1.PartitionInfo;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code prism queue info}. */
@picocli.CommandLine.Command(
    name = "info",
    header = "Shows what a topic holds and where its groups stand.",
    description = {"", "Examples:", "  prism queue info orders", ""})
final class QueueInfo extends Command {
  @Mixin private QueueCommand.TopicParameter topic = new QueueCommand.TopicParameter();

  @Option(names = "--group", paramLabel = "NAME", description = "Only this group; may be repeated.")
  private List<String> groups = List.of();

  QueueInfo(Console console) {
    super(console);
  }

  @Override
  public Integer call() {
    try (Client client = Client.of(options, QueueCommand.CONFIG)) {
      GetTopicInfoResponse info =
          client
              .queue()
              .getTopicInfo(
                  GetTopicInfoRequest.newBuilder()
                      .setTopic(topic.name)
                      .addAllGroups(groups)
                      .build());
      if (options.json()) {
        sayJson(info);
      } else {
        console.out().print(table(info));
      }
    }
    return OK;
  }

  static String table(GetTopicInfoResponse info) {
    Table partitions = new Table("PARTITION", "EARLIEST", "END");
    for (PartitionInfo each : info.getPartitionsList()) {
      partitions.row(each.getPartition(), each.getEarliestOffset(), each.getEndOffset());
    }
    if (info.getGroupsCount() == 0) {
      return partitions.toString();
    }
    Table groups = new Table("GROUP", "CONSUMERS", "PARTITION", "COMMITTED", "LAG", "IN FLIGHT");
    for (GroupInfo group : info.getGroupsList()) {
      for (GroupPartition each : group.getPartitionsList()) {
        groups.row(
            group.getGroup(),
            group.getConsumers(),
            each.getPartition(),
            each.getCommittedOffset(),
            each.getLag(),
            each.getInFlight());
      }
    }
    return partitions + "\n" + groups;
  }
}
