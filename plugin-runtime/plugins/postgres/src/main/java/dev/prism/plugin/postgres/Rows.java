package dev.prism.plugin.postgres;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.prism.sdk.queue.Header;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Stored;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How messages stand in rows. */
final class Rows {
  private static final byte[] EMPTY = {};

  private static final String MESSAGE =
      "SELECT seq, published, deliver_at, key, headers, payload FROM message WHERE topic = ? ";

  private Rows() {}

  /** Headers as they are stored: a message of {@code message.proto} that has nothing else. */
  static byte @Nullable [] headers(List<Header> headers) {
    if (headers.isEmpty()) {
      return null;
    }
    dev.prism.queue.v1.Message.Builder stored = dev.prism.queue.v1.Message.newBuilder();
    for (Header header : headers) {
      stored
          .addHeadersBuilder()
          .setName(header.name())
          .setValue(ByteString.copyFrom(header.value()));
    }
    return stored.build().toByteArray();
  }

  static List<Header> headers(byte @Nullable [] stored) {
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
      throw PrismException.of(
          Reason.DATA_CORRUPT, "a message's headers in the database do not parse");
    }
  }

  private static Stored stored(ResultSet row) throws SQLException {
    long seq = row.getLong(1);
    byte[] key = row.getBytes(4);
    return new Stored(
        0,
        seq,
        Long.toString(seq),
        new Message(
            key == null ? EMPTY : key, headers(row.getBytes(5)), row.getBytes(6), row.getLong(3)),
        row.getLong(2));
  }

  /** The messages from {@code seq} on, within both bounds but for the first. */
  static List<Stored> from(Slot slot, long topic, long seq, int most, long mostBytes)
      throws SQLException {
    PreparedStatement read =
        slot.prepare(
            MESSAGE
                + """
                AND seq >= ? AND seq < (
                  SELECT coalesce(max(s.seq), -1) + 1 FROM (
                    SELECT m.seq, sum(m.size) OVER (ORDER BY m.seq) - m.size AS before
                    FROM message m WHERE m.topic = ? AND m.seq >= ? ORDER BY m.seq LIMIT ?) s
                  WHERE s.before = 0 OR s.before < ?)
                ORDER BY seq""");
    read.setLong(1, topic);
    read.setLong(2, seq);
    read.setLong(3, topic);
    read.setLong(4, seq);
    read.setInt(5, most);
    read.setLong(6, mostBytes);
    return all(read);
  }

  /** The messages of a stretch of the log. */
  static List<Stored> stretch(Slot slot, long topic, long first, int count) throws SQLException {
    PreparedStatement read = slot.prepare(MESSAGE + "AND seq >= ? AND seq < ? ORDER BY seq");
    read.setLong(1, topic);
    read.setLong(2, first);
    read.setLong(3, first + count);
    return all(read);
  }

  /** These messages, in the order of the log. */
  static List<Stored> these(Slot slot, long topic, Long[] seqs) throws SQLException {
    PreparedStatement read = slot.prepare(MESSAGE + "AND seq = ANY (?) ORDER BY seq");
    read.setLong(1, topic);
    read.setArray(2, slot.connection().createArrayOf("int8", seqs));
    return all(read);
  }

  private static List<Stored> all(PreparedStatement read) throws SQLException {
    List<Stored> messages = new ArrayList<>();
    try (ResultSet row = read.executeQuery()) {
      while (row.next()) {
        messages.add(stored(row));
      }
    }
    return messages;
  }
}
