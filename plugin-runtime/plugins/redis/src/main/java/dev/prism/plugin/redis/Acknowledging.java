package dev.prism.plugin.redis;

import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.DeadLetters;
import dev.prism.sdk.queue.Leases;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Receipt;
import dev.prism.sdk.queue.Stored;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import redis.clients.jedis.exceptions.JedisDataException;

/** Takes what became of deliveries, a script a group. Used by one thread at a time. */
final class Acknowledging {
  private final RedisConnections connections;

  Acknowledging(RedisConnections connections) {
    this.connections = connections;
  }

  private record Group(String topic, String group) {}

  /**
   * Takes them in their order, but for dead letters, which come first.
   *
   * @param topics the topic of a name
   */
  List<AckResult> acknowledge(List<Ack> acks, Function<String, TopicKeys> topics) {
    AckResult[] results = new AckResult[acks.size()];
    Map<Group, List<Integer>> groups = new LinkedHashMap<>();
    List<Integer> dead = new ArrayList<>();
    for (int i = 0; i < results.length; i++) {
      Receipt receipt = acks.get(i).receipt();
      if (receipt.partition() != 0 || receipt.offset() < 0) {
        results[i] = Leases.expired();
      } else if (acks.get(i).outcome() instanceof Ack.Outcome.Dead) {
        dead.add(i);
      } else {
        groups
            .computeIfAbsent(new Group(receipt.topic(), receipt.group()), _ -> new ArrayList<>())
            .add(i);
      }
    }
    if (!dead.isEmpty()) {
      bury(acks, dead, topics, results);
    }
    if (!groups.isEmpty()) {
      settle(acks, groups, topics, results);
    }
    return List.of(results);
  }

  private void settle(
      List<Ack> acks,
      Map<Group, List<Integer>> groups,
      Function<String, TopicKeys> topics,
      AckResult[] results) {
    List<Object> replies =
        connections.write(
            connection -> {
              groups.forEach(
                  (group, indices) -> {
                    TopicKeys topic = topics.apply(group.topic());
                    List<byte[]> arguments = Bytes.list(group.group(), topic.channel());
                    indices.forEach(i -> add(acks.get(i), arguments));
                    connection.send(Script.ACK, topic.group(group.group()), arguments);
                  });
              return answered(connection);
            });
    int next = 0;
    for (List<Integer> indices : groups.values()) {
      Object reply = replies.get(next++);
      for (int i = 0; i < indices.size(); i++) {
        results[indices.get(i)] =
            reply instanceof JedisDataException refused
                ? new AckResult.Failed(Failures.status(refused))
                : result((long) ((List<?>) reply).get(i));
      }
    }
  }

  /** The replies; throws where the server does not know the scripts: then nothing was done. */
  private static List<Object> answered(RedisConnection connection) {
    List<Object> replies = connection.replies();
    for (Object reply : replies) {
      if (reply instanceof JedisDataException refused
          && Failures.code(refused).equals("NOSCRIPT")) {
        throw refused;
      }
    }
    return replies;
  }

  private static void add(Ack ack, List<byte[]> arguments) {
    arguments.add(Ids.padded(ack.receipt().offset()));
    arguments.add(Bytes.of(ack.receipt().token()));
    switch (ack.outcome()) {
      case Ack.Outcome.Again(long delayMillis) ->
          arguments.addAll(Bytes.list("again", delayMillis));
      case Ack.Outcome.Extended(long byMillis) -> arguments.addAll(Bytes.list("extend", byMillis));
      default -> arguments.addAll(Bytes.list("done", 0));
    }
  }

  private static AckResult result(long reply) {
    return reply == 0 ? Leases.expired() : new AckResult.Taken(reply == 1 ? 0 : reply);
  }

  /** Makes the letters of what is in force, and writes them with the ends of the deliveries. */
  private void bury(
      List<Ack> acks, List<Integer> dead, Function<String, TopicKeys> topics, AckResult[] results) {
    List<Object> found =
        connections.read(
            connection -> {
              for (int i : dead) {
                Receipt receipt = acks.get(i).receipt();
                connection.send(
                    Script.FIND,
                    topics.apply(receipt.topic()).group(receipt.group()),
                    List.of(Ids.padded(receipt.offset()), Bytes.of(receipt.token())));
              }
              return answered(connection);
            });
    List<Object> buried =
        connections.write(
            connection -> {
              for (int i = 0; i < dead.size(); i++) {
                if (found.get(i) instanceof List<?> delivery && !delivery.isEmpty()) {
                  bury(connection, acks.get(dead.get(i)), delivery, topics);
                }
              }
              return answered(connection);
            });
    int next = 0;
    for (int i = 0; i < dead.size(); i++) {
      results[dead.get(i)] =
          switch (found.get(i)) {
            case JedisDataException refused -> new AckResult.Failed(Failures.status(refused));
            case List<?> delivery when !delivery.isEmpty() ->
                buried.get(next++) instanceof JedisDataException refused
                    ? new AckResult.Failed(Failures.status(refused))
                    : result((long) buried.get(next - 1));
            default -> Leases.expired();
          };
    }
  }

  private static void bury(
      RedisConnection connection, Ack ack, List<?> delivery, Function<String, TopicKeys> topics) {
    Receipt receipt = ack.receipt();
    Ack.Outcome.Dead outcome = (Ack.Outcome.Dead) ack.outcome();
    TopicKeys topic = topics.apply(receipt.topic());
    TopicKeys letters = topics.apply(outcome.topic());
    int attempts = Math.toIntExact((long) delivery.get(0));
    Stored stored = Entries.stored(Ids.id(receipt.offset()), (List<?>) delivery.get(1));
    Message letter = DeadLetters.of(stored, receipt, attempts, outcome.reason());
    List<byte[]> keys = new ArrayList<>(topic.group(receipt.group()));
    keys.add(letters.stream());
    List<byte[]> arguments =
        Bytes.list(
            receipt.group(),
            Ids.padded(receipt.offset()),
            receipt.token(),
            letters.topic().create(),
            letters.channel());
    Entries.add(letter, arguments);
    connection.send(Script.BURY, keys, arguments);
  }
}
