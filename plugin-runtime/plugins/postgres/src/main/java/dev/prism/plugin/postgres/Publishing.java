package dev.prism.plugin.postgres;

import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Publication;
import dev.prism.sdk.queue.PublicationResult;
import dev.prism.sdk.queue.PublishResult;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One call of the server's {@code append}, or of {@code publish} where there are several topics or
 * idempotency keys: everything in one transaction and round trip, which lasts after {@link #sync}.
 */
final class Publishing {
  private static final int APPENDED = 0;
  private static final int REPLAYED = 1;

  private final String namespace;
  private final List<Publication> publications;
  private final @Nullable PublicationResult[] results;
  private final List<Run> runs = new ArrayList<>();

  /** Publications of one topic that get offsets one after the other. */
  private static final class Run {
    final long topic;
    final List<Integer> publications = new ArrayList<>();
    Publication.@Nullable Idempotency once;
    int messages;

    Run(long topic) {
      this.topic = topic;
    }
  }

  Publishing(String namespace, List<Publication> publications) {
    this.namespace = namespace;
    this.publications = publications;
    this.results = new PublicationResult[publications.size()];
  }

  List<PublicationResult> run(Slot slot, Names names) throws SQLException {
    String before = null;
    long topic = 0;
    for (int i = 0; i < publications.size(); i++) {
      String name = publications.get(i).topic();
      try {
        if (!name.equals(before)) {
          topic = names.findOrMake(slot, namespace, name);
          before = name;
        }
        addTo(topic, i);
      } catch (PrismException refused) {
        results[i] = new PublicationResult.Failed(refused.status());
      }
    }
    if (!runs.isEmpty()) {
      runs.sort(Comparator.comparingLong(run -> run.topic)); // stable; by topic, against deadlocks
      write(slot);
    }
    List<PublicationResult> all = new ArrayList<>(results.length);
    for (PublicationResult result : results) {
      if (result == null) {
        throw new IllegalStateException("a publication was forgotten");
      }
      all.add(result);
    }
    return all;
  }

  /** The topics that have got messages. */
  Set<Long> topics() {
    Set<Long> topics = new HashSet<>();
    for (Run run : runs) {
      topics.add(run.topic);
    }
    return topics;
  }

  private void addTo(long topic, int index) {
    Publication publication = publications.get(index);
    Run run = null;
    for (int i = runs.size() - 1; i >= 0 && run == null; i--) {
      if (runs.get(i).topic == topic) {
        run = runs.get(i);
      }
    }
    if (run == null || run.once != null || publication.idempotency() != null) {
      run = new Run(topic);
      run.once = publication.idempotency();
      runs.add(run);
    }
    run.publications.add(index);
    run.messages += publication.messages().size();
  }

  /** The columns of messages, a row each; what no message has is null. */
  private static final class Columns {
    final Long[] deliver;
    final Integer[] sizes;
    final byte[] @Nullable [] keys;
    final byte[] @Nullable [] headers;
    final byte[][] payloads;
    boolean delayed;
    boolean headed;
    int rows;

    Columns(int count) {
      deliver = new Long[count];
      sizes = new Integer[count];
      keys = new byte[count][];
      headers = new byte[count][];
      payloads = new byte[count][];
    }

    void add(Message message) {
      deliver[rows] = message.deliverAtMillis();
      sizes[rows] = size(message);
      keys[rows] = message.key().length == 0 ? null : message.key();
      headers[rows] = Rows.headers(message.headers());
      payloads[rows] = message.payload();
      delayed |= message.deliverAtMillis() != 0;
      headed |= headers[rows] != null;
      rows++;
    }
  }

  private void write(Slot slot) throws SQLException {
    Columns columns = new Columns(runs.stream().mapToInt(run -> run.messages).sum());
    for (Run run : runs) {
      for (int index : run.publications) {
        publications.get(index).messages().forEach(columns::add);
      }
    }
    if (runs.size() == 1 && runs.getFirst().once == null) {
      append(slot, runs.getFirst().topic, columns);
    } else {
      publish(slot, columns);
    }
  }

  private void append(Slot slot, long topic, Columns columns) throws SQLException {
    PreparedStatement append = slot.prepare("SELECT append(?, ?, ?, ?, ?, ?)");
    Connection connection = slot.connection();
    append.setLong(1, topic);
    append.setArray(2, columns.delayed ? connection.createArrayOf("int8", columns.deliver) : null);
    append.setArray(3, connection.createArrayOf("int4", columns.sizes));
    append.setArray(4, connection.createArrayOf("bytea", columns.keys));
    append.setArray(5, columns.headed ? connection.createArrayOf("bytea", columns.headers) : null);
    append.setArray(6, connection.createArrayOf("bytea", columns.payloads));
    try (ResultSet row = append.executeQuery()) {
      row.next();
      take(new long[] {row.getLong(1)}, new int[] {APPENDED});
    } finally {
      append.clearParameters(); // the payloads
    }
  }

  private void publish(Slot slot, Columns columns) throws SQLException {
    Long[] topics = new Long[runs.size()];
    Integer[] counts = new Integer[runs.size()];
    @Nullable String[] scopes = new String[runs.size()];
    @Nullable String[] keys = new String[runs.size()];
    byte[] @Nullable [] prints = new byte[runs.size()][];
    Integer[] run = new Integer[columns.rows];
    int at = 0;
    for (int r = 0; r < runs.size(); r++) {
      Run each = runs.get(r);
      topics[r] = each.topic;
      counts[r] = each.messages;
      if (each.once != null) {
        scopes[r] = namespace + " " + each.once.scope();
        keys[r] = each.once.key();
        prints[r] = each.once.fingerprint();
      }
      Arrays.fill(run, at, at + each.messages, r + 1);
      at += each.messages;
    }
    PreparedStatement publish =
        slot.prepare(
            "SELECT firsts, states FROM set_config('synchronous_commit', 'off', true),"
                + " publish(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    Connection connection = slot.connection();
    publish.setArray(1, connection.createArrayOf("int8", topics));
    publish.setArray(2, connection.createArrayOf("int4", counts));
    publish.setArray(3, connection.createArrayOf("text", scopes));
    publish.setArray(4, connection.createArrayOf("text", keys));
    publish.setArray(5, connection.createArrayOf("bytea", prints));
    publish.setArray(6, connection.createArrayOf("int4", run));
    publish.setArray(7, connection.createArrayOf("int8", columns.deliver));
    publish.setArray(8, connection.createArrayOf("int4", columns.sizes));
    publish.setArray(9, connection.createArrayOf("bytea", columns.keys));
    publish.setArray(10, connection.createArrayOf("bytea", columns.headers));
    publish.setArray(11, connection.createArrayOf("bytea", columns.payloads));
    try (ResultSet row = publish.executeQuery()) {
      row.next();
      take(longs(row.getArray(1)), ints(row.getArray(2)));
    } finally {
      publish.clearParameters(); // the payloads
    }
  }

  /** Returns when all that the server has committed is on its disk: a commit that waits for it. */
  static boolean sync(Slot slot) throws SQLException {
    return slot.prepare("SELECT pg_logical_emit_message(true, 'prism', '')").execute();
  }

  /** What a message counts against a claim's bytes. */
  static int size(Message message) {
    return Math.toIntExact(message.bytes());
  }

  private void take(long[] firsts, int[] states) {
    for (int r = 0; r < runs.size(); r++) {
      Run run = runs.get(r);
      long first = firsts[r];
      for (int index : run.publications) {
        int messages = publications.get(index).messages().size();
        results[index] = result(run, states[r], first, messages);
        first += messages;
      }
    }
  }

  private static PublicationResult result(Run run, int state, long first, int messages) {
    if (state != APPENDED && state != REPLAYED) {
      return new PublicationResult.Failed(
          PrismException.status(
              Reason.IDEMPOTENCY_KEY_REUSED,
              "this idempotency key came with another request before: use a new one"));
    }
    List<PublishResult> published = new ArrayList<>(messages);
    for (int i = 0; i < messages; i++) {
      published.add(new PublishResult.Published(Long.toString(first + i), 0, first + i));
    }
    Publication.Idempotency once = run.once;
    // The answer of the first time is the same, so that offsets are all that is remembered of it.
    return state == REPLAYED && once != null
        ? new PublicationResult.Replayed(once.encode().apply(published))
        : new PublicationResult.Applied(published);
  }

  static long[] longs(Array array) throws SQLException {
    return Arrays.stream((Long[]) array.getArray()).mapToLong(Long::longValue).toArray();
  }

  static int[] ints(Array array) throws SQLException {
    return Arrays.stream((Integer[]) array.getArray()).mapToInt(Integer::intValue).toArray();
  }
}
