package dev.prism.sdk.queue;

import java.util.List;

/**
 * What a topic holds and where its groups stand.
 *
 * @param partitions in the order of their numbers
 * @param groups in the order of their names, at most 1000
 */
public record TopicInfo(List<Partition> partitions, List<Group> groups) {
  /**
   * What a partition holds.
   *
   * @param earliest the offset of the first message that there is; {@code end} where there is none
   * @param end the offset that the next message gets, or less where offsets have gaps
   */
  public record Partition(int partition, long earliest, long end) {}

  /**
   * A group.
   *
   * @param positions in the order of the partitions' numbers
   * @param consumers how many are subscribed now; of all processes where the backend tells
   */
  public record Group(String name, List<Position> positions, int consumers) {}

  /**
   * Where a group stands in a partition.
   *
   * @param committed every message before it is acknowledged
   * @param lag messages that are not acknowledged, delivered ones included
   * @param inFlight of those, how many are delivered now
   */
  public record Position(int partition, long committed, long lag, long inFlight) {}
}
