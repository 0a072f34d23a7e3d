package dev.prism.cli;

import com.google.protobuf.Timestamp;
import dev.prism.queue.v1.PartitionOffset;
import dev.prism.queue.v1.PartitionOffsets;
import dev.prism.queue.v1.SeekRequest;
import dev.prism.queue.v1.SeekResponse;
import dev.prism.queue.v1.StartPosition;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code prism queue seek}. */
@picocli.CommandLine.Command(
    name = "seek",
    header = "Moves a group to another place of a topic.",
    description = {
      "",
      "What the group's consumers have in hand is lost to them: their receipts expire. Prints where the",
      "group stands now.",
      "",
      "Examples:",
      "  prism queue seek orders --group billing --to earliest",
      "  prism queue seek orders --group billing --to 2026-11-24T08:00:00Z",
      "  prism queue seek orders --group billing --to 0:1200",
      ""
    })
final class QueueSeek extends Command {
  @Mixin private QueueCommand.TopicParameter topic = new QueueCommand.TopicParameter();

  @Option(
      names = "--group",
      required = true,
      paramLabel = "NAME",
      description = "The group; it is made where it is not there.")
  private String group = "";

  @Option(
      names = "--to",
      required = true,
      paramLabel = "PLACE",
      description =
          "earliest, latest, a time such as 2026-11-24T08:00:00Z, or PARTITION:OFFSET[,PARTITION:OFFSET...].")
  private String to = "";

  QueueSeek(Console console) {
    super(console);
  }

  @Override
  public Integer call() {
    SeekRequest.Builder seek = SeekRequest.newBuilder().setTopic(topic.name).setGroup(group);
    switch (to) {
      case "earliest" -> seek.setPosition(StartPosition.START_POSITION_EARLIEST);
      case "latest" -> seek.setPosition(StartPosition.START_POSITION_LATEST);
      default -> {
        if (to.matches("[0-9]{1,9}:[0-9]{1,18}(,[0-9]{1,9}:[0-9]{1,18})*")) {
          seek.setOffsets(offsets());
        } else {
          seek.setTime(time());
        }
      }
    }
    try (Client client = Client.of(options, QueueCommand.CONFIG)) {
      SeekResponse answer = client.queue().seek(seek.build());
      if (options.json()) {
        sayJson(answer);
      } else {
        for (PartitionOffset each : answer.getOffsets().getOffsetsList()) {
          say(each.getPartition() + ":" + each.getOffset());
        }
      }
    }
    return OK;
  }

  private PartitionOffsets offsets() {
    PartitionOffsets.Builder offsets = PartitionOffsets.newBuilder();
    for (String each : to.split(",", -1)) {
      int colon = each.indexOf(':');
      offsets.addOffsets(
          PartitionOffset.newBuilder()
              .setPartition(Integer.parseInt(each, 0, colon, 10))
              .setOffset(Long.parseLong(each, colon + 1, each.length(), 10)));
    }
    return offsets.build();
  }

  private Timestamp time() {
    try {
      Instant at = Instant.parse(to);
      return Timestamp.newBuilder().setSeconds(at.getEpochSecond()).setNanos(at.getNano()).build();
    } catch (DateTimeParseException e) {
      throw new UserError(
          "'"
              + to
              + "' is no place: write earliest, latest, a time such as 2026-11-24T08:00:00Z, or"
              + " PARTITION:OFFSET");
    }
  }
}
