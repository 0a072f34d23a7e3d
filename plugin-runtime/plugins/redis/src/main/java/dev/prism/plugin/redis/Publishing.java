package dev.prism.plugin.redis;

import com.google.rpc.Status;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Publication;
import dev.prism.sdk.queue.PublicationResult;
import dev.prism.sdk.queue.PublishResult;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Writes batches of publications: one transaction a batch, so that the server syncs once for all of
 * it, and a batch is all or nothing. Used by one thread at a time.
 */
final class Publishing {
  /** How long a publication with an idempotency key is remembered. */
  private static final long REMEMBERED_SECONDS = TimeUnit.HOURS.toSeconds(25);

  /** From here on ids go on in the next millisecond: an offset has room for twice as many. */
  private static final long MANY = Ids.MOST_SEQUENCE / 2;

  private static final byte[] NEXT = Bytes.of("*");
  private static final byte[] NO_MAKE = Bytes.of("NOMKSTREAM");
  private static final byte[] NOTHING = new byte[0];

  private final RedisConnections connections;

  /**
   * By stream: the id to go on with, where the server's clock went back so far that ids pile up.
   */
  private final Map<String, String> ahead = new HashMap<>();

  Publishing(RedisConnections connections) {
    this.connections = connections;
  }

  /** A publication and the topic that it goes to. */
  record Directed(TopicKeys topic, Publication publication) {}

  List<PublicationResult> publish(List<Directed> batch) {
    return connections.write(connection -> publish(connection, batch));
  }

  private List<PublicationResult> publish(RedisConnection connection, List<Directed> batch) {
    connection.send(Command.MULTI);
    Set<String> topics = new HashSet<>();
    List<Directed> woken = new ArrayList<>();
    for (Directed each : batch) {
      send(connection, each);
      if (each.publication().idempotency() == null
          && topics.add(each.topic().topic().physicalName())) {
        woken.add(each);
      }
    }
    for (Directed each : woken) {
      connection.send(Command.PUBLISH, each.topic().channel(), NOTHING);
    }
    connection.send(Command.EXEC);
    List<Object> replies = connection.replies();
    return switch (replies.getLast()) {
      case List<?> done -> results(connection, batch, done);
      case JedisDataException refused -> withoutRefused(connection, batch, replies, refused);
      default -> throw new IllegalStateException("EXEC without an answer");
    };
  }

  private void send(RedisConnection connection, Directed each) {
    TopicKeys topic = each.topic();
    boolean create = topic.topic().create();
    Publication publication = each.publication();
    Publication.Idempotency once = publication.idempotency();
    if (once != null) {
      List<byte[]> arguments =
          Bytes.list(
              once.fingerprint(),
              REMEMBERED_SECONDS,
              create,
              topic.channel(),
              publication.messages().size());
      for (Message message : publication.messages()) {
        List<byte[]> fields = new ArrayList<>();
        Entries.add(message, fields);
        arguments.add(Bytes.of(fields.size()));
        arguments.addAll(fields);
      }
      connection.send(
          Script.ONCE, List.of(topic.stream(), topic.once(once.scope(), once.key())), arguments);
      return;
    }
    String next = ahead.isEmpty() ? null : ahead.get(topic.topic().physicalName());
    for (Message message : publication.messages()) {
      List<byte[]> arguments = new ArrayList<>();
      arguments.add(topic.stream());
      if (!create) {
        arguments.add(NO_MAKE);
      }
      arguments.add(next == null ? NEXT : Bytes.of(next));
      Entries.add(message, arguments);
      connection.send(Command.XADD, arguments.toArray(byte[][]::new));
    }
  }

  /**
   * The server refuses commands before the transaction runs, and then does nothing of it: those
   * fail, and the others are tried again without them (hazard 22).
   */
  private List<PublicationResult> withoutRefused(
      RedisConnection connection,
      List<Directed> batch,
      List<Object> replies,
      JedisDataException refusal) {
    Map<Integer, Status> refused = new HashMap<>();
    int next = 1; // after MULTI
    for (int i = 0; i < batch.size(); i++) {
      int commands = commands(batch.get(i).publication());
      for (int j = 0; j < commands; j++) {
        if (replies.get(next++) instanceof JedisDataException reason) {
          refused.putIfAbsent(i, Failures.status(reason));
        }
      }
    }
    if (refused.isEmpty()) {
      throw Failures.of(refusal);
    }
    List<Directed> others = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      if (!refused.containsKey(i)) {
        others.add(batch.get(i));
      }
    }
    List<PublicationResult> written = others.isEmpty() ? List.of() : publish(connection, others);
    List<PublicationResult> results = new ArrayList<>(batch.size());
    int nextWritten = 0;
    for (int i = 0; i < batch.size(); i++) {
      Status reason = refused.get(i);
      results.add(
          reason == null ? written.get(nextWritten++) : new PublicationResult.Failed(reason));
    }
    return results;
  }

  private static int commands(Publication publication) {
    return publication.idempotency() == null ? publication.messages().size() : 1;
  }

  private List<PublicationResult> results(
      RedisConnection connection, List<Directed> batch, List<?> replies) {
    List<PublicationResult> results = new ArrayList<>(batch.size());
    int next = 0;
    for (Directed each : batch) {
      int commands = commands(each.publication());
      List<?> own = replies.subList(next, next + commands);
      next += commands;
      results.add(
          each.publication().idempotency() == null
              ? plain(each, own)
              : once(connection, each.publication(), own.getFirst()));
    }
    return results;
  }

  private PublicationResult plain(Directed each, List<?> replies) {
    List<PublishResult> results = new ArrayList<>(replies.size());
    Status first = null;
    for (Object reply : replies) {
      PublishResult result = result(each.topic(), reply);
      results.add(result);
      if (result instanceof PublishResult.Failed(Status status) && first == null) {
        first = status;
      }
    }
    // Messages of one stream fail for reasons that they share.
    return each.publication().atomic() && first != null
        ? new PublicationResult.Failed(first)
        : new PublicationResult.Applied(results);
  }

  private PublishResult result(TopicKeys topic, @Nullable Object reply) {
    if (reply == null) {
      return new PublishResult.Failed(notProvisioned().status());
    }
    if (reply instanceof JedisDataException refused) {
      if (ahead.remove(topic.topic().physicalName()) != null) {
        return new PublishResult.Failed(
            Failures.unavailable("another process has gone on before; try again").status());
      }
      return new PublishResult.Failed(Failures.status(refused));
    }
    String id = Bytes.text(reply);
    if (Ids.sequence(id) > MANY) {
      ahead.put(topic.topic().physicalName(), (Ids.millis(id) + 1) + "-*");
    } else if (!ahead.isEmpty()) {
      ahead.remove(topic.topic().physicalName());
    }
    return published(id);
  }

  private static PublishResult published(String id) {
    return new PublishResult.Published(id, 0, Ids.offset(id));
  }

  private static PrismException notProvisioned() {
    return PrismException.of(
        Reason.NOT_PROVISIONED, "the topic is not there, and is not to be made by its use");
  }

  private static PublicationResult once(
      RedisConnection connection, Publication publication, Object reply) {
    Publication.Idempotency once = publication.idempotency();
    if (reply instanceof JedisDataException refused) {
      if (Failures.code(refused).equals("NOSCRIPT")) {
        connection.loadScripts(); // an operator has had the server forget them
      }
      return new PublicationResult.Failed(Failures.status(refused));
    }
    List<?> parts = (List<?>) reply;
    String known = Bytes.text(parts.get(0));
    if (known.equals("reused")) {
      return new PublicationResult.Failed(Failures.keyReused());
    }
    List<PublishResult> results = new ArrayList<>();
    for (String id : Bytes.text(parts.get(1)).split(" ", -1)) {
      results.add(published(id));
    }
    return known.equals("new") || once == null
        ? new PublicationResult.Applied(results)
        : new PublicationResult.Replayed(once.encode().apply(results));
  }
}
