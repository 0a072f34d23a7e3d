package dev.prism.plugin.sqlite;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.prism.sdk.queue.Header;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Stored;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** Messages as rows hold them. */
final class QueueRows {
  /** What a message is read from, {@link #stored}'s order. */
  static final String COLUMNS = "m.offset, m.published, m.deliver_at, m.key, m.headers, m.payload";

  private QueueRows() {}

  static byte @Nullable [] headers(List<Header> headers) {
    if (headers.isEmpty()) {
      return null;
    }
    dev.prism.queue.v1.Message.Builder stored = dev.prism.queue.v1.Message.newBuilder();
    for (Header header : headers) {
      stored
          .addHeadersBuilder()
          .setName(header.name())
          .setValue(com.google.protobuf.ByteString.copyFrom(header.value()));
    }
    return stored.build().toByteArray();
  }

  static List<Header> headers(byte @Nullable [] stored) throws SQLException {
    if (stored == null) {
      return List.of();
    }
    try {
      List<Header> headers = new ArrayList<>();
      for (var header : dev.prism.queue.v1.Message.parseFrom(stored).getHeadersList()) {
        headers.add(new Header(header.getName(), header.getValue().toByteArray()));
      }
      return headers;
    } catch (InvalidProtocolBufferException e) {
      SQLiteException damage =
          new SQLiteException("a message's headers do not parse", SQLiteErrorCode.SQLITE_CORRUPT);
      damage.initCause(e);
      throw damage;
    }
  }

  /** The message whose {@link #COLUMNS} begins at column {@code first}. */
  static Stored stored(ResultSet row, int first) throws SQLException {
    long offset = row.getLong(first);
    return new Stored(
        0,
        offset,
        Long.toString(offset),
        new Message(
            Rows.bytes(row, first + 3),
            headers(row.getBytes(first + 4)),
            Rows.bytes(row, first + 5),
            row.getLong(first + 2)),
        row.getLong(first + 1));
  }
}
