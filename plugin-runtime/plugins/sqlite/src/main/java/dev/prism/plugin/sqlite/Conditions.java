package dev.prism.plugin.sqlite;

import com.google.rpc.Status;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** What a write asks of the present item, read in the write's own transaction. */
final class Conditions {
  private static final WriteResult.Failed ETAG_MISMATCH =
      failed(Reason.ETAG_MISMATCH, "the item has another etag, or is not there");
  private static final WriteResult.Failed KEY_EXISTS =
      failed(Reason.KEY_EXISTS, "there is an item under this key");
  private static final WriteResult.Failed KEY_ABSENT =
      failed(Reason.KEY_ABSENT, "there is no item under this key");

  /** What conditions look at: not the value. */
  private record Present(String etag, long expiresAt) {}

  private final PreparedStatement read;

  Conditions(Connection connection) throws SQLException {
    read = connection.prepareStatement("SELECT etag, expires_at FROM item WHERE " + Rows.BY_KEY);
  }

  /** Why the write is not to be done, or null. Reads nothing where the write has no condition. */
  WriteResult.@Nullable Failed violation(String namespace, Write write, long now)
      throws SQLException {
    Write.Condition condition =
        switch (write) {
          case Write.Put put -> put.condition();
          case Write.Delete delete -> delete.condition();
          case Write.CompareAndSwap _, Write.Expire _ -> null;
        };
    return switch (condition) {
      case null -> null;
      case Write.Condition.None _ -> null;
      case Write.Condition.IfEtag expected -> {
        Present present = present(namespace, write.key(), now);
        yield present != null && present.etag().equals(expected.etag()) ? null : ETAG_MISMATCH;
      }
      case Write.Condition.IfAbsent _ ->
          present(namespace, write.key(), now) == null ? null : KEY_EXISTS;
      case Write.Condition.IfPresent _ ->
          present(namespace, write.key(), now) == null ? KEY_ABSENT : null;
    };
  }

  /** When a written item expires. Reads only where the present item decides. */
  long expiry(String namespace, Key key, Write.Expiry expiry, long now) throws SQLException {
    return switch (expiry) {
      case Write.Expiry.Never _ -> Item.NEVER;
      case Write.Expiry.At at -> at.millis();
      case Write.Expiry.Keep _ -> {
        Present present = present(namespace, key, now);
        yield present == null ? Item.NEVER : present.expiresAt();
      }
    };
  }

  private @Nullable Present present(String namespace, Key key, long now) throws SQLException {
    Rows.bindKey(read, namespace, key);
    try (ResultSet row = read.executeQuery()) {
      if (!row.next()) {
        return null;
      }
      long expiresAt = Rows.expiry(row, 2);
      return expiresAt <= now ? null : new Present(Rows.etag(row.getLong(1)), expiresAt);
    }
  }

  private static WriteResult.Failed failed(Reason reason, String message) {
    Status status = PrismException.status(reason, message);
    return new WriteResult.Failed(status);
  }
}
