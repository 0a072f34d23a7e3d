package dev.prism.plugin.postgres;

import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The writes of one batch: one round trip and transaction where nothing is to be remembered. Where
 * all of them are puts on no condition it is one statement, and otherwise one call of {@code
 * write_items}.
 */
final class ItemWrites {
  private static final long KEEP = -1;
  private static final String UNIQUE_VIOLATION = "23505";

  private static final String PUT_ALL =
      """
      INSERT INTO item
        SELECT ?, u.collection, u.key, u.partition, nextval('etag'), u.expires_at, u.about, u.value
        FROM unnest(?::text[], ?::bytea[], ?::bytea[], ?::bytea[], ?::bytea[], ?::bigint[])
          AS u(collection, key, partition, value, about, expires_at)
      ON CONFLICT (namespace, collection, key, partition) DO UPDATE
        SET etag = EXCLUDED.etag, expires_at = EXCLUDED.expires_at, about = EXCLUDED.about,
          value = EXCLUDED.value
      RETURNING etag, expires_at
      """;

  private static final String WRITE =
      "SELECT outcome, etag, expires_at, about, value FROM write_items("
          + "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private static final String KNOWN =
      "SELECT fingerprint, response FROM idempotency WHERE namespace = ? AND scope = ? AND key = ?";

  private static final String REMEMBER = "INSERT INTO idempotency VALUES (?, ?, ?, ?, ?, ?)";

  private final String namespace;
  private final List<Unit> units;
  private final long now;
  private final @Nullable UnitResult[] results;

  ItemWrites(String namespace, List<Unit> units, long now) {
    this.namespace = namespace;
    this.units = units;
    this.now = now;
    this.results = new UnitResult[units.size()];
  }

  /** Applies the units. */
  List<UnitResult> run(Slot slot) throws SQLException {
    if (units.stream().allMatch(unit -> unit.idempotency() == null)) {
      apply(slot); // one statement, which commits by itself
    } else {
      try {
        remembering(slot);
      } catch (SQLException e) {
        if (!UNIQUE_VIOLATION.equals(e.getSQLState())) {
          throw e;
        }
        // Another process had the same idempotency key at the same time: now it is known.
        Arrays.fill(results, null);
        remembering(slot);
      }
    }
    List<UnitResult> all = new ArrayList<>(results.length);
    for (UnitResult result : results) {
      if (result == null) {
        throw new IllegalStateException("a unit was forgotten");
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
        results[i] = known(slot, units.get(i).idempotency());
      }
      apply(slot);
      for (int i = 0; i < results.length; i++) {
        remember(slot, units.get(i), results[i]);
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

  /** Applies what has no result yet. */
  private void apply(Slot slot) throws SQLException {
    List<Integer> open = new ArrayList<>(results.length);
    boolean plain = true;
    int count = 0;
    for (int i = 0; i < results.length; i++) {
      if (results[i] == null) {
        open.add(i);
        List<Write> writes = units.get(i).writes();
        count += writes.size();
        plain &= writes.stream().allMatch(ItemWrites::isPlain);
      }
    }
    if (count > 0) {
      Columns columns = new Columns(count);
      for (int i : open) {
        Unit unit = units.get(i);
        for (Write write : unit.writes()) {
          columns.add(i, unit.atomic(), write);
        }
      }
      take(open, plain ? putAll(slot, columns) : write(slot, columns));
    }
  }

  private static boolean isPlain(Write write) {
    return write instanceof Write.Put put
        && put.condition() instanceof Write.Condition.None
        && !(put.expiry() instanceof Write.Expiry.Keep);
  }

  private void take(List<Integer> open, List<Written> written) {
    int at = 0;
    for (int i : open) {
      Unit unit = units.get(i);
      List<Written> own = written.subList(at, at + unit.writes().size());
      at += own.size();
      List<WriteResult> each = new ArrayList<>(own.size());
      UnitResult undone = null;
      for (int j = 0; j < own.size(); j++) {
        WriteResult result = own.get(j).result(unit.writes().get(j));
        if (unit.atomic() && result instanceof WriteResult.Failed(var status)) {
          undone = new UnitResult.Failed(status);
        }
        each.add(result);
      }
      results[i] = undone == null ? new UnitResult.Applied(each) : undone;
    }
  }

  private List<Written> putAll(Slot slot, Columns columns) throws SQLException {
    Connection connection = slot.connection();
    PreparedStatement put = slot.prepare(PUT_ALL);
    put.setString(1, namespace);
    put.setArray(2, connection.createArrayOf("text", columns.collections));
    put.setArray(3, connection.createArrayOf("bytea", columns.keys));
    put.setArray(4, connection.createArrayOf("bytea", columns.partitions));
    put.setArray(5, connection.createArrayOf("bytea", columns.values));
    put.setArray(6, connection.createArrayOf("bytea", columns.abouts));
    put.setArray(7, connection.createArrayOf("int8", columns.expiries));
    List<Written> written = new ArrayList<>(columns.size);
    try (ResultSet row = put.executeQuery()) {
      while (row.next()) {
        written.add(new Written(0, row.getLong(1), ItemRows.expiry(row, 2), null, null));
      }
    } finally {
      put.clearParameters(); // the values
    }
    return written;
  }

  private List<Written> write(Slot slot, Columns columns) throws SQLException {
    Connection connection = slot.connection();
    PreparedStatement write = slot.prepare(WRITE);
    write.setString(1, namespace);
    write.setLong(2, now);
    write.setArray(3, connection.createArrayOf("int4", columns.unit));
    write.setArray(4, connection.createArrayOf("bool", columns.atomic));
    write.setArray(5, connection.createArrayOf("int4", columns.kinds));
    write.setArray(6, connection.createArrayOf("text", columns.collections));
    write.setArray(7, connection.createArrayOf("bytea", columns.keys));
    write.setArray(8, connection.createArrayOf("bytea", columns.partitions));
    write.setArray(9, connection.createArrayOf("bytea", columns.values));
    write.setArray(10, connection.createArrayOf("bytea", columns.abouts));
    write.setArray(11, connection.createArrayOf("int8", columns.expiries));
    write.setArray(12, connection.createArrayOf("int4", columns.conditions));
    write.setArray(13, connection.createArrayOf("int8", columns.etags));
    write.setArray(14, connection.createArrayOf("bytea", columns.expected));
    List<Written> written = new ArrayList<>(columns.size);
    try (ResultSet row = write.executeQuery()) {
      while (row.next()) {
        written.add(
            new Written(
                row.getInt(1),
                row.getLong(2),
                ItemRows.expiry(row, 3),
                row.getBytes(4),
                row.getBytes(5)));
      }
    } finally {
      write.clearParameters();
    }
    return written;
  }

  private @Nullable UnitResult known(Slot slot, Unit.@Nullable Idempotency idempotency)
      throws SQLException {
    if (idempotency == null) {
      return null;
    }
    PreparedStatement known = slot.prepare(KNOWN);
    known.setString(1, namespace);
    known.setString(2, idempotency.scope());
    known.setBytes(3, ItemRows.bytes(idempotency.key()));
    try (ResultSet row = known.executeQuery()) {
      if (!row.next()) {
        return null;
      }
      return Arrays.equals(row.getBytes(1), idempotency.fingerprint())
          ? new UnitResult.Replayed(row.getBytes(2))
          : new UnitResult.Failed(
              PrismException.status(
                  Reason.IDEMPOTENCY_KEY_REUSED,
                  "this idempotency key came with another request before: use a new one"));
    }
  }

  private void remember(Slot slot, Unit unit, @Nullable UnitResult result) throws SQLException {
    Unit.Idempotency idempotency = unit.idempotency();
    if (idempotency == null || !(result instanceof UnitResult.Applied(List<WriteResult> each))) {
      return;
    }
    boolean failed = each.stream().anyMatch(WriteResult.Failed.class::isInstance);
    if (failed && each.size() == 1) {
      return;
    }
    PreparedStatement remember = slot.prepare(REMEMBER);
    remember.setString(1, namespace);
    remember.setString(2, idempotency.scope());
    remember.setBytes(3, ItemRows.bytes(idempotency.key()));
    remember.setLong(4, now);
    remember.setBytes(5, idempotency.fingerprint());
    remember.setBytes(6, idempotency.encode().apply(each));
    remember.executeUpdate();
  }

  /** A row of {@code written}. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Written(
      int outcome, long etag, long expiresAt, byte @Nullable [] about, byte @Nullable [] value) {
    private static final int NOTHING = 1;
    private static final int ETAG = 2;
    private static final int THERE = 3;
    private static final int NOT_THERE = 4;
    private static final int NOT_SWAPPED = 5;

    WriteResult result(Write write) {
      return switch (outcome) {
        case ETAG -> failed(Reason.ETAG_MISMATCH, "the item has another etag, or is not there");
        case THERE -> failed(Reason.KEY_EXISTS, "there is an item under this key");
        case NOT_THERE -> failed(Reason.KEY_ABSENT, "there is no item under this key");
        case NOT_SWAPPED ->
            new WriteResult.NotSwapped(
                value == null ? null : ItemRows.item(value, etag, expiresAt, about));
        default ->
            switch (write) {
              case Write.Put _, Write.CompareAndSwap _ ->
                  new WriteResult.Written(ItemRows.etag(etag), expiresAt);
              case Write.Delete _ -> new WriteResult.Deleted(outcome != NOTHING);
              case Write.Expire(Key _, long millis) ->
                  new WriteResult.Expired(outcome != NOTHING, millis);
            };
      };
    }

    private static WriteResult failed(Reason reason, String message) {
      return new WriteResult.Failed(PrismException.status(reason, message));
    }
  }

  /** The writes as arrays, one a parameter. */
  private static final class Columns {
    final Integer[] unit;
    final Boolean[] atomic;
    final Integer[] kinds;
    final String[] collections;
    final byte[][] keys;
    final byte[][] partitions;
    final byte[] @Nullable [] values;
    final byte[] @Nullable [] abouts;
    final @Nullable Long[] expiries;
    final Integer[] conditions;
    final @Nullable Long[] etags;
    final byte[] @Nullable [] expected;
    int size;

    Columns(int count) {
      unit = new Integer[count];
      atomic = new Boolean[count];
      kinds = new Integer[count];
      collections = new String[count];
      keys = new byte[count][];
      partitions = new byte[count][];
      values = new byte[count][];
      abouts = new byte[count][];
      expiries = new Long[count];
      conditions = new Integer[count];
      etags = new Long[count];
      expected = new byte[count][];
    }

    void add(int index, boolean together, Write write) {
      int at = size++;
      unit[at] = index;
      atomic[at] = together;
      collections[at] = write.key().collection();
      keys[at] = ItemRows.bytes(write.key().key());
      partitions[at] = ItemRows.partition(write.key());
      conditions[at] = 0;
      switch (write) {
        case Write.Put put -> {
          kinds[at] = 0;
          value(at, put.value(), put.contentType(), put.metadata(), put.expiry());
          condition(at, put.condition());
        }
        case Write.Delete delete -> {
          kinds[at] = 1;
          condition(at, delete.condition());
        }
        case Write.CompareAndSwap swap -> {
          kinds[at] = 2;
          expected[at] = swap.expected();
          value(at, swap.value(), swap.contentType(), swap.metadata(), swap.expiry());
        }
        case Write.Expire expire -> {
          kinds[at] = 3;
          expiries[at] = ItemRows.expiry(expire.expiresAtMillis());
        }
      }
    }

    private void value(
        int at,
        byte[] value,
        String contentType,
        Map<String, String> metadata,
        Write.Expiry expiry) {
      values[at] = value;
      abouts[at] = ItemRows.about(contentType, metadata);
      expiries[at] =
          switch (expiry) {
            case Write.Expiry.Never _ -> null;
            case Write.Expiry.At(long millis) -> ItemRows.expiry(millis);
            case Write.Expiry.Keep _ -> KEEP;
          };
    }

    private void condition(int at, Write.Condition condition) {
      switch (condition) {
        case Write.Condition.None _ -> conditions[at] = 0;
        case Write.Condition.IfEtag(String etag) -> {
          conditions[at] = 1;
          etags[at] = ItemRows.etag(etag);
        }
        case Write.Condition.IfAbsent _ -> conditions[at] = 2;
        case Write.Condition.IfPresent _ -> conditions[at] = 3;
      }
    }
  }
}
