package dev.prism.plugin.sqlite;

import dev.prism.sdk.keyvalue.Item;
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
 * The connection that writes, and its statements. It is always within a transaction that has not
 * begun to read or write; the caller ends each with {@link #commit}, or with {@link #rollback} or
 * {@link #close} after a failure. Used by one thread at a time.
 */
final class Writer implements AutoCloseable {
  private final Connection connection;
  private final Conditions conditions;
  private final PreparedStatement upsert;
  private final PreparedStatement upsertPlain;
  private final PreparedStatement delete;
  private final PreparedStatement expire;
  private final PreparedStatement readItem;
  private final PreparedStatement readIdempotency;
  private final PreparedStatement remember;
  private final PreparedStatement raiseCeiling;
  private final PreparedStatement sweepItems;
  private final PreparedStatement sweepIdempotency;

  Writer(Connection connection) throws SQLException {
    this.connection = connection;
    connection.setAutoCommit(false);
    conditions = new Conditions(connection);
    upsert =
        connection.prepareStatement(
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
        connection.prepareStatement(
            """
            INSERT INTO item (namespace, collection, key, partition, %s)
            VALUES (?1, ?2, ?3, '', ?4, NULL, NULL, NULL, ?5)
            ON CONFLICT DO UPDATE SET etag = ?4, expires_at = NULL, content_type = NULL,
              metadata = NULL, value = ?5
            """
                .formatted(Rows.ITEM_COLUMNS));
    // An expired row is left to the sweep: it is not there, so nothing of it was removed.
    delete =
        connection.prepareStatement(
            "DELETE FROM item WHERE %s AND (expires_at IS NULL OR expires_at > ?5)"
                .formatted(Rows.BY_KEY));
    expire =
        connection.prepareStatement(
            """
            UPDATE item SET expires_at = ?5
            WHERE %s AND (expires_at IS NULL OR expires_at > ?6)
            """
                .formatted(Rows.BY_KEY));
    readItem =
        connection.prepareStatement(
            "SELECT %s FROM item WHERE %s".formatted(Rows.ITEM_COLUMNS, Rows.BY_KEY));
    readIdempotency =
        connection.prepareStatement(
            """
            SELECT fingerprint, response FROM idempotency
            WHERE namespace = ?1 AND scope = ?2 AND key = ?3
            """);
    remember =
        connection.prepareStatement("INSERT INTO idempotency VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    raiseCeiling =
        connection.prepareStatement("UPDATE meta SET value = ?1 WHERE name = 'etag_ceiling'");
    sweepItems =
        connection.prepareStatement(
            """
            DELETE FROM item WHERE (namespace, collection, key, partition) IN (
              SELECT namespace, collection, key, partition FROM item
              WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
            """);
    sweepIdempotency =
        connection.prepareStatement(
            """
            DELETE FROM idempotency WHERE (namespace, scope, key) IN (
              SELECT namespace, scope, key FROM idempotency
              WHERE created <= ?1 ORDER BY created LIMIT ?2)
            """);
  }

  long etagCeiling() throws SQLException {
    try (PreparedStatement read =
            connection.prepareStatement("SELECT value FROM meta WHERE name = 'etag_ceiling'");
        ResultSet row = read.executeQuery()) {
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

  /** Makes the transaction durable; returns after the sync of the log. */
  void commit() throws SQLException {
    connection.commit();
  }

  void rollback() throws SQLException {
    connection.rollback();
  }

  /**
   * Removes some of what has expired.
   *
   * @return whether there may be more
   */
  boolean sweep(long now, long forgetBefore, int limit) throws SQLException {
    boolean moreItems = deleteSome(sweepItems, now, limit);
    return deleteSome(sweepIdempotency, forgetBefore, limit) || moreItems;
  }

  private static boolean deleteSome(PreparedStatement statement, long upTo, int limit)
      throws SQLException {
    statement.setLong(1, upTo);
    statement.setInt(2, limit);
    return statement.executeUpdate() == limit;
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
    readIdempotency.setString(1, namespace);
    readIdempotency.setString(2, idempotency.scope());
    readIdempotency.setString(3, idempotency.key());
    try (ResultSet row = readIdempotency.executeQuery()) {
      if (!row.next()) {
        return null;
      }
      if (!Arrays.equals(Rows.bytes(row, 1), idempotency.fingerprint())) {
        return new UnitResult.Failed(
            PrismException.status(
                Reason.IDEMPOTENCY_KEY_REUSED,
                "this idempotency key came with another request before: use a new one"));
      }
      return new UnitResult.Replayed(Rows.bytes(row, 2));
    }
  }

  private void remember(
      String namespace, Unit.Idempotency idempotency, List<WriteResult> results, long now)
      throws SQLException {
    remember.setString(1, namespace);
    remember.setString(2, idempotency.scope());
    remember.setString(3, idempotency.key());
    remember.setLong(4, now);
    remember.setBytes(5, idempotency.fingerprint());
    remember.setBytes(6, idempotency.encode().apply(results));
    remember.executeUpdate();
  }

  /** Ends the connection and with it what has not been committed. */
  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
