package dev.prism.plugin.postgres;

import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Leases;
import dev.prism.sdk.transact.Once;
import dev.prism.sdk.transact.Settlement;
import dev.prism.sdk.transact.SettlementResult;
import dev.prism.status.PrismException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Takes what became of deliveries: one statement where nothing is to be remembered. */
final class MailboxSettling {
  private static final int DONE = 0;
  private static final int AGAIN = 1;
  private static final int EXTENDED = 2;
  private static final int DEAD = 3;

  private final String schema;
  private final String namespace;
  private final List<Settlement> settlements;
  private final @Nullable SettlementResult[] results;
  private final Set<String> changed = new HashSet<>();

  MailboxSettling(String schema, String namespace, List<Settlement> settlements) {
    this.schema = schema;
    this.namespace = namespace;
    this.settlements = settlements;
    this.results = new SettlementResult[settlements.size()];
  }

  /** The mailboxes whose readers are to look again. */
  Set<String> changed() {
    return changed;
  }

  List<SettlementResult> run(Slot slot) throws SQLException {
    if (settlements.stream().allMatch(each -> each.once() == null)) {
      settle(slot); // one statement, which commits by itself
    } else {
      remembering(slot);
    }
    List<SettlementResult> all = new ArrayList<>(results.length);
    for (SettlementResult result : results) {
      if (result == null) {
        throw new IllegalStateException("a settlement was forgotten");
      }
      all.add(result);
    }
    return all;
  }

  private void remembering(Slot slot) throws SQLException {
    Connection connection = slot.connection();
    connection.setAutoCommit(false);
    try {
      for (int i = 0; i < results.length; i++) {
        results[i] = known(slot, settlements.get(i).once());
      }
      boolean[] open = new boolean[results.length];
      for (int i = 0; i < results.length; i++) {
        open[i] = results[i] == null;
      }
      settle(slot);
      for (int i = 0; i < results.length; i++) {
        Once once = settlements.get(i).once();
        if (open[i]
            && once != null
            && results[i] instanceof SettlementResult.Settled(List<AckResult> settled)) {
          TableTransaction.remember(
              slot, schema, namespace, once, settlements.get(i).encode().apply(settled));
        }
      }
      connection.commit();
      connection.setAutoCommit(true);
    } catch (SQLException | RuntimeException e) {
      try {
        connection.rollback();
        connection.setAutoCommit(true);
      } catch (SQLException lost) {
        e.addSuppressed(lost); // whoever uses the connection next finds that it is gone
      }
      throw e;
    }
  }

  private @Nullable SettlementResult known(Slot slot, @Nullable Once once) throws SQLException {
    if (once == null) {
      return null;
    }
    try {
      byte[] response = TableTransaction.known(slot, schema, namespace, once);
      return response == null ? null : new SettlementResult.Replayed(response);
    } catch (PrismException reused) {
      return new SettlementResult.Failed(reused.status());
    }
  }

  /** Settles what has no result yet. */
  private void settle(Slot slot) throws SQLException {
    List<Ack> acks = new ArrayList<>();
    for (int i = 0; i < results.length; i++) {
      if (results[i] == null) {
        acks.addAll(settlements.get(i).acks());
      }
    }
    List<AckResult> settled = settle(slot, acks);
    int next = 0;
    for (int i = 0; i < results.length; i++) {
      if (results[i] == null) {
        int count = settlements.get(i).acks().size();
        results[i] = new SettlementResult.Settled(settled.subList(next, next + count));
        next += count;
      }
    }
  }

  private List<AckResult> settle(Slot slot, List<Ack> acks) throws SQLException {
    int count = acks.size();
    String[] mailboxes = new String[count];
    Long[] seqs = new Long[count];
    Long[] tokens = new Long[count];
    Integer[] kinds = new Integer[count];
    Long[] millis = new Long[count];
    @Nullable String[] reasons = new String[count];
    for (int i = 0; i < count; i++) {
      Ack ack = acks.get(i);
      mailboxes[i] = ack.receipt().topic();
      seqs[i] = ack.receipt().offset();
      tokens[i] = ack.receipt().token();
      millis[i] = 0L;
      switch (ack.outcome()) {
        case Ack.Outcome.Done _ -> kinds[i] = DONE;
        case Ack.Outcome.Again(long delayMillis) -> {
          kinds[i] = AGAIN;
          millis[i] = delayMillis;
        }
        case Ack.Outcome.Extended(long byMillis) -> {
          kinds[i] = EXTENDED;
          millis[i] = byMillis;
        }
        case Ack.Outcome.Dead(String _, String reason) -> {
          kinds[i] = DEAD;
          reasons[i] = reason.replace("\0", ""); // which a text of the server cannot hold
        }
      }
    }
    Connection connection = slot.connection();
    PreparedStatement settle = slot.prepare("SELECT settle_messages(?, ?, ?, ?, ?, ?, ?)");
    settle.setString(1, namespace);
    settle.setArray(2, connection.createArrayOf("text", mailboxes));
    settle.setArray(3, connection.createArrayOf("int8", seqs));
    settle.setArray(4, connection.createArrayOf("int8", tokens));
    settle.setArray(5, connection.createArrayOf("int4", kinds));
    settle.setArray(6, connection.createArrayOf("int8", millis));
    settle.setArray(7, connection.createArrayOf("text", reasons));
    List<AckResult> results = new ArrayList<>(count);
    try (ResultSet row = settle.executeQuery()) {
      row.next();
      long[] deadlines = Publishing.longs(row.getArray(1));
      for (int i = 0; i < count; i++) {
        results.add(deadlines[i] < 0 ? Leases.expired() : new AckResult.Taken(deadlines[i]));
        if (deadlines[i] == 0) {
          changed.add(mailboxes[i]);
        }
      }
    }
    return results;
  }
}
