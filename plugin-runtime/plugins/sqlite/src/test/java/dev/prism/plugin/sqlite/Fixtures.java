package dev.prism.plugin.sqlite;

import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** Short words for the tests of this package. */
final class Fixtures {
  private Fixtures() {}

  /** A clock that stands still until it is moved. */
  static final class StillClock implements InstantSource {
    final AtomicLong millis = new AtomicLong(1_700_000_000_000L);

    @Override
    public Instant instant() {
      return Instant.ofEpochMilli(millis.get());
    }
  }

  static SqliteStore open(Path file) {
    return open(file, InstantSource.system());
  }

  static SqliteStore open(Path file, InstantSource clock) {
    return SqliteStore.open(new SqliteSettings(file, 2, 0), clock);
  }

  static Key key(String key) {
    return new Key("c", key, key);
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static Write.Put put(String key, byte[] value) {
    return put(key, value, new Write.Expiry.Never());
  }

  static Write.Put put(String key, byte[] value, Write.Expiry expiry) {
    return new Write.Put(key(key), value, "", Map.of(), expiry, new Write.Condition.None());
  }

  static Unit unit(Write... writes) {
    return new Unit(List.of(writes), false, null);
  }

  static Unit once(String idempotencyKey, Write... writes) {
    return new Unit(
        List.of(writes),
        false,
        new Unit.Idempotency("scope", idempotencyKey, new byte[32], _ -> bytes("response")));
  }

  static UnitResult write(SqliteStore store, Unit unit) {
    return store.write("n", List.of(unit)).getFirst();
  }

  static String putEtag(SqliteStore store, String key, String value) {
    UnitResult.Applied applied = (UnitResult.Applied) write(store, unit(put(key, bytes(value))));
    return ((WriteResult.Written) applied.results().getFirst()).etag();
  }

  /** The value as text; null where there is none. */
  static String value(SqliteStore store, String key) {
    Item item = store.read("n", Consistency.STRONG, List.of(key(key)), 1).getFirst();
    return item == null ? null : new String(item.value(), StandardCharsets.UTF_8);
  }

  static void sql(Path file, String... statements) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  static long count(Path file, String table) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM " + table)) {
      return row.getLong(1);
    }
  }
}
