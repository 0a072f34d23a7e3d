package dev.prism.plugin.postgres;

import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.DeadLetters;
import dev.prism.sdk.queue.Leases;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Receipt;
import dev.prism.sdk.queue.Stored;
import dev.prism.status.PrismException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes what became of deliveries: those that are done, come again or are extended in one
 * transaction, each dead letter in one of its own.
 */
final class Settling {
  private static final int DONE = 0;
  private static final int AGAIN = 1;
  private static final int EXTENDED = 2;

  private final String namespace;
  private final Names names;
  private final Set<Long> changed = new HashSet<>();

  /** An ack in place {@code index} of the request. */
  private record Known(int index, Ack ack, long topic, long group) {}

  Settling(String namespace, Names names) {
    this.namespace = namespace;
    this.names = names;
  }

  /** The topics whose readers are to look again. */
  Set<Long> changed() {
    return changed;
  }

  List<AckResult> run(Slot slot, List<Ack> acks) throws SQLException {
    AckResult[] results = new AckResult[acks.size()];
    List<Known> together = new ArrayList<>(acks.size());
    List<Known> dead = new ArrayList<>();
    for (int i = 0; i < results.length; i++) {
      results[i] = Leases.expired();
      Known known = known(slot, i, acks.get(i));
      if (known != null) {
        (known.ack().outcome() instanceof Ack.Outcome.Dead ? dead : together).add(known);
      }
    }
    if (!together.isEmpty()) {
      settle(slot, together, results);
    }
    for (Known each : dead) {
      results[each.index()] = bury(slot, each, (Ack.Outcome.Dead) each.ack().outcome());
    }
    return List.of(results);
  }

  private @Nullable Known known(Slot slot, int index, Ack ack) throws SQLException {
    Receipt receipt = ack.receipt();
    Long topic = names.find(slot, namespace, receipt.topic());
    Long group = topic == null ? null : names.group(slot, topic, receipt.group());
    return topic == null || group == null || receipt.partition() != 0
        ? null
        : new Known(index, ack, topic, group);
  }

  private void settle(Slot slot, List<Known> acks, AckResult[] results) throws SQLException {
    // Stable, and in one order for all processes, against deadlocks.
    acks.sort(
        Comparator.comparingLong(Known::group)
            .thenComparingLong(each -> each.ack().receipt().token()));
    int count = acks.size();
    Long[] groups = new Long[count];
    Long[] tokens = new Long[count];
    Long[] seqs = new Long[count];
    Integer[] kinds = new Integer[count];
    Long[] millis = new Long[count];
    for (int i = 0; i < count; i++) {
      Known each = acks.get(i);
      groups[i] = each.group();
      tokens[i] = each.ack().receipt().token();
      seqs[i] = each.ack().receipt().offset();
      kinds[i] = DONE;
      millis[i] = 0L;
      if (each.ack().outcome() instanceof Ack.Outcome.Again(long delayMillis)) {
        kinds[i] = AGAIN;
        millis[i] = delayMillis;
        changed.add(each.topic());
      } else if (each.ack().outcome() instanceof Ack.Outcome.Extended(long byMillis)) {
        kinds[i] = EXTENDED;
        millis[i] = byMillis;
      }
    }
    PreparedStatement settle = slot.prepare("SELECT results FROM settle(?, ?, ?, ?, ?)");
    Connection connection = slot.connection();
    settle.setArray(1, connection.createArrayOf("int8", groups));
    settle.setArray(2, connection.createArrayOf("int8", tokens));
    settle.setArray(3, connection.createArrayOf("int8", seqs));
    settle.setArray(4, connection.createArrayOf("int4", kinds));
    settle.setArray(5, connection.createArrayOf("int8", millis));
    try (ResultSet row = settle.executeQuery()) {
      row.next();
      long[] deadlines = Publishing.longs(row.getArray(1));
      for (int i = 0; i < count; i++) {
        if (deadlines[i] >= 0) {
          results[acks.get(i).index()] = new AckResult.Taken(deadlines[i]);
        }
      }
    }
  }

  private AckResult bury(Slot slot, Known known, Ack.Outcome.Dead dead) throws SQLException {
    Receipt receipt = known.ack().receipt();
    long grave;
    try {
      grave = names.findOrMake(slot, namespace, dead.topic());
    } catch (PrismException refused) {
      return new AckResult.Failed(refused.status());
    }
    int attempts = attempts(slot, known.group(), receipt);
    List<Stored> found =
        attempts == 0 ? List.of() : Rows.stretch(slot, known.topic(), receipt.offset(), 1);
    if (found.isEmpty()) {
      return Leases.expired();
    }
    Message letter = DeadLetters.of(found.getFirst(), receipt, attempts, dead.reason());
    PreparedStatement bury = slot.prepare("SELECT bury(?, ?, ?, ?, ?, ?, ?, ?)");
    bury.setLong(1, known.group());
    bury.setLong(2, receipt.token());
    bury.setLong(3, receipt.offset());
    bury.setLong(4, grave);
    bury.setInt(5, Publishing.size(letter));
    bury.setBytes(6, letter.key().length == 0 ? null : letter.key());
    bury.setBytes(7, Rows.headers(letter.headers()));
    bury.setBytes(8, letter.payload());
    try (ResultSet row = bury.executeQuery()) {
      row.next();
      if (!row.getBoolean(1)) {
        return Leases.expired();
      }
    }
    changed.add(grave);
    return new AckResult.Taken(0);
  }

  private static int attempts(Slot slot, long group, Receipt receipt) throws SQLException {
    PreparedStatement attempts = slot.prepare("SELECT attempts(?, ?, ?)");
    attempts.setLong(1, group);
    attempts.setLong(2, receipt.token());
    attempts.setLong(3, receipt.offset());
    try (ResultSet row = attempts.executeQuery()) {
      row.next();
      return row.getInt(1); // 0 where it is NULL
    }
  }
}
