package dev.prism.plugin.postgres;

import dev.prism.sdk.queue.Message;
import dev.prism.sdk.transact.Outgoing;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Puts messages in mailboxes, and names these. */
final class Mailboxes {
  private Mailboxes() {}

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A number for a mailbox, which notifications name it by: others may have the same. */
  static long number(String namespace, String mailbox) {
    return hash(bytes(namespace), bytes(mailbox));
  }

  private static long hash(byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (byte[] part : parts) {
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, part.length));
        digest.update(part);
      }
      return ByteBuffer.wrap(digest.digest()).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /**
   * Puts messages within the transaction that is open.
   *
   * @param schema of Prism's own tables
   * @throws PrismException KEY_EXISTS where a mailbox has a message with an id
   */
  static void put(Slot slot, String schema, String namespace, List<Outgoing> messages)
      throws SQLException {
    int count = messages.size();
    TreeSet<Long> locks = new TreeSet<>();
    String[] mailboxes = new String[count];
    byte[][] ids = new byte[count][];
    byte[] @Nullable [] keys = new byte[count][];
    Long[] due = new Long[count];
    Integer[] sizes = new Integer[count];
    byte[] @Nullable [] headers = new byte[count][];
    byte[][] payloads = new byte[count][];
    for (int i = 0; i < count; i++) {
      Outgoing outgoing = messages.get(i);
      Message message = outgoing.message();
      mailboxes[i] = outgoing.mailbox();
      ids[i] = bytes(outgoing.messageId());
      if (message.key().length > 0) {
        keys[i] = message.key();
        locks.add(hash(bytes(namespace), bytes(outgoing.mailbox()), message.key()));
      }
      due[i] = message.deliverAtMillis();
      sizes[i] = Publishing.size(message);
      headers[i] = Rows.headers(message.headers());
      payloads[i] = message.payload();
    }
    Connection connection = slot.connection();
    PreparedStatement put =
        slot.prepare("SELECT " + schema + ".put_messages(?, ?, ?, ?, ?, ?, ?, ?, ?)");
    put.setString(1, namespace);
    put.setArray(2, connection.createArrayOf("int8", locks.toArray()));
    put.setArray(3, connection.createArrayOf("text", mailboxes));
    put.setArray(4, connection.createArrayOf("bytea", ids));
    put.setArray(5, connection.createArrayOf("bytea", keys));
    put.setArray(6, connection.createArrayOf("int8", due));
    put.setArray(7, connection.createArrayOf("int4", sizes));
    put.setArray(8, connection.createArrayOf("bytea", headers));
    put.setArray(9, connection.createArrayOf("bytea", payloads));
    try (ResultSet row = put.executeQuery()) {
      row.next();
      if (row.getInt(1) < count) {
        throw PrismException.of(
            Reason.KEY_EXISTS, "a mailbox has a message with this id: nothing was changed");
      }
    } finally {
      put.clearParameters(); // the payloads
    }
  }
}
