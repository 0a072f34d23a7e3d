package dev.prism.plugin.sqlite;

import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is written and read of items in a transaction. */
final class Writer extends Statements {
  private final Conditions conditions;
  private final PreparedStatement upsert;
  private final PreparedStatement upsertPlain;
  private final PreparedStatement delete;
  private final PreparedStatement expire;
  private final PreparedStatement readItem;
  private final Remembered remembered;
  private final PreparedStatement raiseCeiling;
  private final PreparedStatement sweepItems;
  private final PreparedStatement readCeiling;

  Writer(Connection connection) throws SQLException {
    super(connection);
    conditions = new Conditions(connection);
    upsert =
        prepare(
            """
            INSERT INTO item (namespace, collection, key, partition, %s)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT DO UPDATE SET etag = ?5, expires_at = ?6, content_type = ?7,
              metadata = ?8, value = ?9
            """
                .formatted(Rows.ITEM_COLUMNS));
    // What most puts are: the driver binds every parameter anew at each call, and nine cost more
    // than
    // the descent into the tree.
    upsertPlain =
        prepare(
            """
            INSERT INTO item (namespace, collection, key, partition, %s)
            VALUES (?1, ?2, ?3, '', ?4, NULL, NULL, NULL, ?5)
            ON CONFLICT DO UPDATE SET etag = ?4, expires_at = NULL, content_type = NULL,
              metadata = NULL, value = ?5
            """
                .formatted(Rows.ITEM_COLUMNS));
    // An expired row is left to the sweep: it is not there, so nothing of it was removed.
    delete =
        prepare(
            "DELETE FROM item WHERE %s AND (expires_at IS NULL OR expires_at > ?5)"
                .formatted(Rows.BY_KEY));
    expire =
        prepare(
            """
            UPDATE item SET expires_at = ?5
            WHERE %s AND (expires_at IS NULL OR expires_at > ?6)
            """
                .formatted(Rows.BY_KEY));
    readItem = prepare("SELECT %s FROM item WHERE %s".formatted(Rows.ITEM_COLUMNS, Rows.BY_KEY));
    remembered = new Remembered(this);
    raiseCeiling = prepare("UPDATE meta SET value = ?1 WHERE name = 'etag_ceiling'");
    sweepItems =
        prepare(
            """
            DELETE FROM item WHERE (namespace, collection, key, partition) IN (
              SELECT namespace, collection, key, partition FROM item
              WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
            """);
    readCeiling = prepare("SELECT value FROM meta WHERE name = 'etag_ceiling'");
  }

  long etagCeiling() throws SQLException {
    try (ResultSet row = readCeiling.executeQuery()) {
      if (!row.next()) {
        throw new SQLException("meta holds no etag_ceiling");
      }
      return row.getLong(1);
    }
  }

  void raiseEtagCeiling(long ceiling) throws SQLException {
    raiseCeiling.setLong(1, ceiling);
    raiseCeiling.executeUpdate();
  }

  /**
   * Removes some of what has expired.
   *
   * @return whether there may be more
   */
  boolean sweep(long now, int limit) throws SQLException {
    sweepItems.setLong(1, now);
    sweepItems.setInt(2, limit);
    boolean moreItems = sweepItems.executeUpdate() == limit;
    return remembered.sweep(now, limit) == limit || moreItems;
  }

  /**
   * Applies one unit within the transaction. A failure that is an answer leaves no trace: every
   * condition of an atomic unit is looked at before anything is written, which is the same as
   * undoing, since a unit holds each key once.
   *
   * @throws SQLException where the database fails: the transaction is then to be given up whole
   */
  UnitResult apply(String namespace, Unit unit, Etags etags, long now) throws SQLException {
    Unit.Idempotency idempotency = unit.idempotency();
    if (idempotency != null) {
      UnitResult known = known(namespace, idempotency);
      if (known != null) {
        return known;
      }
    }
    List<Write> writes = unit.writes();
    if (unit.atomic()) {
      for (Write write : writes) {
        WriteResult.Failed violation = conditions.violation(namespace, write, now);
        if (violation != null) {
          return new UnitResult.Failed(violation.status());
        }
      }
    }
    List<WriteResult> results = new ArrayList<>(writes.size());
    boolean failed = false;
    for (Write write : writes) {
      WriteResult result = unit.atomic() ? null : conditions.violation(namespace, write, now);
      if (result == null) {
        result = apply(namespace, write, etags, now);
      }
      failed |= result instanceof WriteResult.Failed;
      results.add(result);
    }
    if (idempotency != null && (!failed || writes.size() > 1)) {
      remember(namespace, idempotency, results, now);
    }
    return new UnitResult.Applied(results);
  }

  private WriteResult apply(String namespace, Write write, Etags etags, long now)
      throws SQLException {
    return switch (write) {
      case Write.Put put -> {
        long expiresAt = conditions.expiry(namespace, put.key(), put.expiry(), now);
        yield upsert(
            namespace,
            put.key(),
            put.value(),
            put.contentType(),
            put.metadata(),
            etags.next(),
            expiresAt);
      }
      case Write.Delete remove -> {
        Rows.bindKey(delete, namespace, remove.key());
        delete.setLong(5, now);
        yield new WriteResult.Deleted(delete.executeUpdate() > 0);
      }
      case Write.CompareAndSwap swap -> swap(namespace, swap, etags, now);
      case Write.Expire change -> {
        Rows.bindKey(expire, namespace, change.key());
        Rows.bindExpiry(expire, 5, change.expiresAtMillis());
        expire.setLong(6, now);
        yield new WriteResult.Expired(expire.executeUpdate() > 0, change.expiresAtMillis());
      }
    };
  }

  private WriteResult swap(String namespace, Write.CompareAndSwap swap, Etags etags, long now)
      throws SQLException {
    Item current = read(namespace, swap.key(), now);
    byte[] found = current == null ? null : current.value();
    boolean equal = Arrays.equals(found, swap.expected()); // two nulls are equal: expected absent
    if (!equal) {
      return new WriteResult.NotSwapped(current);
    }
    long expiresAt =
        switch (swap.expiry()) {
          case Write.Expiry.Never _ -> Item.NEVER;
          case Write.Expiry.At at -> at.millis();
          case Write.Expiry.Keep _ -> current == null ? Item.NEVER : current.expiresAtMillis();
        };
    return upsert(
        namespace,
        swap.key(),
        swap.value(),
        swap.contentType(),
        swap.metadata(),
        etags.next(),
        expiresAt);
  }

  private @Nullable Item read(String namespace, Key key, long now) throws SQLException {
    Rows.bindKey(readItem, namespace, key);
    try (ResultSet row = readItem.executeQuery()) {
      return row.next() ? Rows.item(row, 1, true, now) : null;
    }
  }

  private WriteResult.Written upsert(
      String namespace,
      Key key,
      byte[] value,
      String contentType,
      Map<String, String> metadata,
      long etag,
      long expiresAt)
      throws SQLException {
    if (expiresAt == Item.NEVER
        && contentType.isEmpty()
        && metadata.isEmpty()
        && key.partition().equals(key.key())) {
      upsertPlain.setString(1, namespace);
      upsertPlain.setString(2, key.collection());
      upsertPlain.setString(3, key.key());
      upsertPlain.setLong(4, etag);
      upsertPlain.setBytes(5, value);
      upsertPlain.executeUpdate();
      return new WriteResult.Written(Rows.etag(etag), expiresAt);
    }
    Rows.bindKey(upsert, namespace, key);
    upsert.setLong(5, etag);
    Rows.bindExpiry(upsert, 6, expiresAt);
    Rows.bindText(upsert, 7, contentType);
    Rows.bindMetadata(upsert, 8, metadata);
    upsert.setBytes(9, value);
    upsert.executeUpdate();
    return new WriteResult.Written(Rows.etag(etag), expiresAt);
  }

  private @Nullable UnitResult known(String namespace, Unit.Idempotency idempotency)
      throws SQLException {
    Remembered.Known known =
        remembered.find(
            namespace, idempotency.scope(), idempotency.key(), idempotency.fingerprint());
    if (known == null) {
      return null;
    }
    return known.same()
        ? new UnitResult.Replayed(known.response())
        : new UnitResult.Failed(Failures.keyReused());
  }

  private void remember(
      String namespace, Unit.Idempotency idempotency, List<WriteResult> results, long now)
      throws SQLException {
    remembered.add(
        namespace,
        idempotency.scope(),
        idempotency.key(),
        now,
        idempotency.fingerprint(),
        idempotency.encode().apply(results));
  }
}
