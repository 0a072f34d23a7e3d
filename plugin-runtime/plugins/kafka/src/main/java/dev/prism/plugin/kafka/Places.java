package dev.prism.plugin.kafka;

import dev.prism.sdk.queue.Start;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.jspecify.annotations.Nullable;

/**
 * Places in topics, and where groups stand. A group of a topic is a group of Kafka's own, called by
 * the topic's physical name and its own with a colon between, which no name has. Any thread.
 */
final class Places {
  /** What {@link dev.prism.sdk.queue.MessageQueue#info} answers for at most. */
  private static final int MOST_GROUPS = 1000;

  private static final ListOffsetsOptions COMMITTED_ONLY =
      new ListOffsetsOptions(IsolationLevel.READ_COMMITTED);
  private static final long MOVE_NANOS = TimeUnit.SECONDS.toNanos(8);
  private static final long TRY_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Cluster cluster;

  Places(Cluster cluster) {
    this.cluster = cluster;
  }

  /** What a topic's group is called at the brokers. */
  static String groupId(String topic, String group) {
    return topic + ":" + group;
  }

  /** The offsets of the first messages that there are. */
  Map<Integer, Long> earliest(String topic, int partitions) {
    return offsets(topic, partitions, OffsetSpec.earliest());
  }

  /** The offsets that the next messages get. */
  Map<Integer, Long> ends(String topic, int partitions) {
    return offsets(topic, partitions, OffsetSpec.latest());
  }

  private Map<Integer, Long> offsets(String topic, int partitions, OffsetSpec spec) {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    for (int i = 0; i < partitions; i++) {
      asked.put(new TopicPartition(topic, i), spec);
    }
    Map<Integer, Long> offsets = new TreeMap<>();
    for (Map.Entry<TopicPartition, ListOffsetsResultInfo> each :
        Errors.await(cluster.admin().listOffsets(asked, COMMITTED_ONLY).all()).entrySet()) {
      offsets.put(each.getKey().partition(), each.getValue().offset());
    }
    return offsets;
  }

  /** A place, partition by partition, every one of them. */
  Map<Integer, Long> resolve(String topic, int partitions, Start start) {
    return switch (start) {
      case Start.Earliest _, Start.Committed _ -> earliest(topic, partitions);
      case Start.Latest _ -> ends(topic, partitions);
      case Start.Time(long millis) -> {
        Map<Integer, Long> at = offsets(topic, partitions, OffsetSpec.forTimestamp(millis));
        Map<Integer, Long> ends = ends(topic, partitions);
        // -1: no message is that late
        at.replaceAll(
            (partition, offset) -> offset < 0 ? ends.getOrDefault(partition, 0L) : offset);
        yield at;
      }
      case Start.Offsets(Map<Integer, Long> offsets) -> {
        Map<Integer, Long> at = earliest(topic, partitions);
        at.putAll(checked(topic, partitions, offsets));
        yield at;
      }
    };
  }

  /** Offsets that a caller names, none before the first message that there is. */
  Map<Integer, Long> checked(String topic, int partitions, Map<Integer, Long> offsets) {
    Map<Integer, Long> ends = ends(topic, partitions);
    Map<Integer, Long> earliest = earliest(topic, partitions);
    Map<Integer, Long> checked = new TreeMap<>();
    offsets.forEach(
        (partition, offset) -> {
          Long end = ends.get(partition);
          if (end == null || offset > end) {
            throw PrismException.of(
                Reason.FIELD_INVALID,
                "the topic has %d partitions, and their ends are %s".formatted(partitions, ends));
          }
          checked.put(partition, Math.max(offset, earliest.getOrDefault(partition, 0L)));
        });
    return checked;
  }

  /** Where a group stands; a partition where it never was is not there. */
  Map<Integer, Long> committed(String topic, String group) {
    return committed(topic, List.of(group)).getOrDefault(group, Map.of());
  }

  private Map<String, Map<Integer, Long>> committed(String topic, Collection<String> groups) {
    Map<String, ListConsumerGroupOffsetsSpec> asked = new HashMap<>();
    groups.forEach(each -> asked.put(groupId(topic, each), new ListConsumerGroupOffsetsSpec()));
    var answers = cluster.admin().listConsumerGroupOffsets(asked);
    Map<String, Map<Integer, Long>> committed = new TreeMap<>();
    for (String group : groups) {
      Map<Integer, Long> offsets = new TreeMap<>();
      Map<TopicPartition, OffsetAndMetadata> found =
          whereThere(answers.partitionsToOffsetAndMetadata(groupId(topic, group)), Map.of());
      found.forEach(
          (partition, offset) -> {
            if (partition.topic().equals(topic) && offset != null) {
              offsets.put(partition.partition(), offset.offset());
            }
          });
      committed.put(group, offsets);
    }
    return committed;
  }

  private static <T> T whereThere(KafkaFuture<T> future, T absent) {
    try {
      return Errors.awaited(future);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof GroupIdNotFoundException) {
        return absent;
      }
      throw Errors.answer(e.getCause());
    }
  }

  /**
   * What groups of a topic have a place, and where.
   *
   * @param wanted which to look for; empty: all
   */
  Map<String, Map<Integer, Long>> groups(String topic, List<String> wanted) {
    Collection<String> names = wanted;
    if (wanted.isEmpty()) {
      List<String> found = new ArrayList<>();
      String prefix = groupId(topic, "");
      for (GroupListing listing : Errors.await(cluster.admin().listGroups().valid())) {
        if (listing.groupId().startsWith(prefix) && found.size() < MOST_GROUPS) {
          found.add(listing.groupId().substring(prefix.length()));
        }
      }
      names = found;
    }
    if (names.isEmpty()) {
      return Map.of();
    }
    Map<String, Map<Integer, Long>> placed = committed(topic, names);
    placed.values().removeIf(Map::isEmpty);
    return placed;
  }

  /** How many processes read for each of these groups. */
  Map<String, Integer> members(String topic, Collection<String> groups) {
    Map<String, Integer> members = new HashMap<>();
    if (groups.isEmpty()) {
      return members;
    }
    Map<String, KafkaFuture<ConsumerGroupDescription>> answers =
        cluster
            .admin()
            .describeConsumerGroups(groups.stream().map(each -> groupId(topic, each)).toList())
            .describedGroups();
    for (String group : groups) {
      KafkaFuture<ConsumerGroupDescription> answer = answers.get(groupId(topic, group));
      members.put(
          group,
          answer == null ? 0 : whereThere(answer.thenApply(each -> each.members().size()), 0));
    }
    return members;
  }

  /** Gives a group its place where it has none. */
  void establish(String topic, int partitions, String group, Start start) {
    if (committed(topic, group).isEmpty()) {
      Map<Integer, Long> places = resolve(topic, partitions, start);
      if (!alter(topic, group, places) && committed(topic, group).isEmpty()) {
        throw PrismException.of(
            Reason.BACKEND_UNAVAILABLE, "the group is being made by another process");
      }
    }
  }

  /**
   * Puts a group where it is told to be. Whoever reads for it is sent away first, so that nobody's
   * older place can be written over the new one; they come back by themselves, and what they had
   * counts no more.
   */
  void move(String topic, String group, Map<Integer, Long> places) {
    long end = System.nanoTime() + MOVE_NANOS;
    while (System.nanoTime() < end) {
      if (members(topic, List.of(group)).getOrDefault(group, 0) > 0) {
        removeAll(topic, group);
      }
      if (alter(topic, group, places)) {
        return;
      }
      LockSupport.parkNanos(this, TRY_AGAIN_NANOS);
    }
    throw PrismException.of(
        Reason.BACKEND_UNAVAILABLE, "the group could not be held still to be moved");
  }

  private void removeAll(String topic, String group) {
    try {
      Errors.awaited(
          cluster
              .admin()
              .removeMembersFromConsumerGroup(
                  groupId(topic, group), new RemoveMembersFromConsumerGroupOptions())
              .all());
    } catch (ExecutionException e) {
      if (!isMemberGone(e.getCause())) {
        throw Errors.answer(e.getCause());
      }
    }
  }

  /** The driver wraps what became of one member; one that had gone is no failure. */
  private static boolean isMemberGone(@Nullable Throwable failure) {
    Throwable cause = failure;
    while (cause != null) {
      if (cause instanceof UnknownMemberIdException) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }

  /** Writes a group's place; false where somebody reads for it. */
  private boolean alter(String topic, String group, Map<Integer, Long> places) {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    places.forEach(
        (partition, offset) ->
            offsets.put(new TopicPartition(topic, partition), new OffsetAndMetadata(offset)));
    try {
      Errors.awaited(
          cluster.admin().alterConsumerGroupOffsets(groupId(topic, group), offsets).all());
      return true;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownMemberIdException
          || e.getCause() instanceof GroupNotEmptyException
          || e.getCause() instanceof RebalanceInProgressException) {
        return false;
      }
      throw Errors.answer(e.getCause());
    }
  }
}
