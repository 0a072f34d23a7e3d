package dev.prism.plugin.sqlite;

import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Stored;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tables of a queue and the statements over them. Times are milliseconds since 1970.
 *
 * <p>message: a topic's log, clustered on its offsets, which have no gaps; only appended to, and
 * deleted from its beginning. consumers: a group and its place in the log. pending: what is before
 * the place and not acknowledged; {@code due} is when it may be delivered next, which for one that
 * is delivered ({@code token} is not 0) is its deadline.
 */
final class QueueTables extends Statements {
  /** What a row holds besides its bytes, about: its keys, its entries in indexes. */
  private static final int ROW_BYTES = 64;

  private static final String DELIVERED =
      "consumers = ?1 AND offset = ?2 AND token = ?3 AND token <> 0 AND due > ?4";

  final Remembered remembered;
  private final PreparedStatement findTopic;
  private final PreparedStatement addTopic;
  private final PreparedStatement moveTopic;
  private final PreparedStatement append;
  private final PreparedStatement read;
  private final PreparedStatement earliest;
  private final PreparedStatement published;
  private final PreparedStatement findGroup;
  private final PreparedStatement groups;
  private final PreparedStatement addGroup;
  private final PreparedStatement moveGroup;
  private final PreparedStatement due;
  private final PreparedStatement hold;
  private final PreparedStatement find;
  private final PreparedStatement settle;
  private final PreparedStatement postpone;
  private final PreparedStatement extend;
  private final PreparedStatement release;
  private final PreparedStatement releaseAll;
  private final PreparedStatement settleBefore;
  private final PreparedStatement nextDue;
  private final PreparedStatement state;
  private final PreparedStatement settled;
  private final PreparedStatement trim;
  private final PreparedStatement topics;
  private final PreparedStatement fence;

  /**
   * A topic.
   *
   * @param next the offset of the next message
   * @param published when the last one was taken: a clock that goes back does not take this along
   */
  record Topic(long id, long next, long published) {}

  /**
   * A group of consumers.
   *
   * @param position the first offset that was never delivered to it
   */
  record Group(long id, String name, long position) {}

  /** A message that may be delivered again, or at last. */
  record Due(Stored stored, int attempts) {}

  /**
   * What is pending of a group.
   *
   * @param first the lowest offset; -1 where nothing is
   */
  record State(long first, long held, long inFlight) {}

  QueueTables(Connection connection) throws SQLException {
    super(connection);
    remembered = new Remembered(this);
    findTopic = prepare("SELECT id, next, published FROM topic WHERE namespace = ?1 AND name = ?2");
    addTopic =
        prepare("INSERT INTO topic (namespace, name, next, published) VALUES (?1, ?2, 0, 0)");
    moveTopic = prepare("UPDATE topic SET next = ?2, published = ?3 WHERE id = ?1");
    append = prepare("INSERT INTO message VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    read =
        prepare(
            "SELECT "
                + QueueRows.COLUMNS
                + " FROM message m WHERE m.topic = ?1 AND m.offset >= ?2 ORDER BY m.offset LIMIT ?3");
    earliest = prepare("SELECT min(offset) FROM message WHERE topic = ?1");
    published = prepare("SELECT published FROM message WHERE topic = ?1 AND offset = ?2");
    findGroup = prepare("SELECT id, name, position FROM consumers WHERE topic = ?1 AND name = ?2");
    groups = prepare("SELECT id, name, position FROM consumers WHERE topic = ?1 ORDER BY name");
    addGroup = prepare("INSERT INTO consumers (topic, name, position) VALUES (?1, ?2, ?3)");
    moveGroup = prepare("UPDATE consumers SET position = ?2 WHERE id = ?1");
    due =
        prepare(
            """
            SELECT p.attempts, %s FROM pending p JOIN message m ON m.topic = ?2 AND m.offset = p.offset
            WHERE p.consumers = ?1 AND p.due <= ?3 ORDER BY p.due LIMIT ?4
            """
                .formatted(QueueRows.COLUMNS));
    hold = prepare("INSERT OR REPLACE INTO pending VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    find = prepare("SELECT attempts FROM pending WHERE " + DELIVERED);
    settle = prepare("DELETE FROM pending WHERE " + DELIVERED);
    postpone = prepare("UPDATE pending SET due = ?5, owner = 0, token = 0 WHERE " + DELIVERED);
    extend = prepare("UPDATE pending SET due = ?5 WHERE " + DELIVERED);
    release =
        prepare(
            """
            UPDATE pending SET due = ?3, owner = 0, token = 0
            WHERE consumers = ?1 AND owner = ?2 AND token <> 0 AND due > ?3
            """);
    releaseAll = prepare("UPDATE pending SET due = ?1, owner = 0, token = 0 WHERE token <> 0");
    settleBefore = prepare("DELETE FROM pending WHERE consumers = ?1 AND offset < ?2");
    nextDue = prepare("SELECT min(due) FROM pending WHERE consumers = ?1");
    state =
        prepare(
            """
            SELECT min(offset), count(*), count(*) FILTER (WHERE token <> 0 AND due > ?2)
            FROM pending WHERE consumers = ?1
            """);
    settled =
        prepare(
            """
            SELECT min(min(c.position,
              coalesce((SELECT min(offset) FROM pending p WHERE p.consumers = c.id), c.position)))
            FROM consumers c WHERE c.topic = ?1
            """);
    trim =
        prepare(
            """
            DELETE FROM message WHERE topic = ?1 AND offset IN (
              SELECT offset FROM message WHERE topic = ?1 AND offset < ?2 ORDER BY offset LIMIT ?4)
            AND published < ?3
            """);
    topics = prepare("SELECT id FROM topic");
    fence = prepare("UPDATE meta SET value = value + 1 WHERE name = 'fence'");
  }

  void fence() throws SQLException {
    fence.executeUpdate();
  }

  @Nullable Topic topic(String namespace, String name) throws SQLException {
    findTopic.setString(1, namespace);
    findTopic.setString(2, name);
    try (ResultSet row = findTopic.executeQuery()) {
      return row.next() ? new Topic(row.getLong(1), row.getLong(2), row.getLong(3)) : null;
    }
  }

  Topic topicOrNew(String namespace, String name) throws SQLException {
    Topic known = topic(namespace, name);
    if (known == null) {
      addTopic.setString(1, namespace);
      addTopic.setString(2, name);
      addTopic.executeUpdate();
      known = topic(namespace, name);
    }
    if (known == null) {
      throw new SQLException("a topic that was just made is not there");
    }
    return known;
  }

  /** Adds a message at the end of a topic's log, which {@link #moveTopic} moves. */
  void append(long topic, long offset, long published, Message message) throws SQLException {
    append.setLong(1, topic);
    append.setLong(2, offset);
    append.setLong(3, published);
    append.setLong(4, message.deliverAtMillis());
    append.setBytes(5, message.key().length == 0 ? null : message.key());
    append.setBytes(6, QueueRows.headers(message.headers()));
    append.setBytes(7, message.payload());
    append.executeUpdate();
    wrote(message.bytes() + ROW_BYTES);
  }

  /**
   * A topic's log ends elsewhere.
   *
   * @param next the offset of the next message
   * @param published when the last one was taken
   */
  void moveTopic(long topic, long next, long published) throws SQLException {
    moveTopic.setLong(1, topic);
    moveTopic.setLong(2, next);
    moveTopic.setLong(3, published);
    moveTopic.executeUpdate();
  }

  /** The messages from {@code offset} on, within both bounds but for the first. */
  List<Stored> read(long topic, long offset, int most, long mostBytes) throws SQLException {
    read.setLong(1, topic);
    read.setLong(2, offset);
    read.setInt(3, most);
    List<Stored> messages = new ArrayList<>();
    long bytes = 0;
    try (ResultSet row = read.executeQuery()) {
      while (row.next()) {
        Stored stored = QueueRows.stored(row, 1);
        bytes += stored.message().bytes();
        if (bytes > mostBytes && !messages.isEmpty()) {
          break;
        }
        messages.add(stored);
      }
    }
    return messages;
  }

  /** The offset of the first message that there is; the end where there is none. */
  long earliest(Topic topic) throws SQLException {
    earliest.setLong(1, topic.id());
    try (ResultSet row = earliest.executeQuery()) {
      long offset = row.next() ? row.getLong(1) : 0;
      return row.wasNull() ? topic.next() : offset;
    }
  }

  /** The first offset that was published at {@code millis} or later; the end where none was. */
  long at(Topic topic, long millis) throws SQLException {
    long low = earliest(topic);
    long high = topic.next();
    while (low < high) {
      long middle = (low + high) >>> 1;
      published.setLong(1, topic.id());
      published.setLong(2, middle);
      try (ResultSet row = published.executeQuery()) {
        if (row.next() && row.getLong(1) < millis) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
    }
    return low;
  }

  @Nullable Group group(long topic, String name) throws SQLException {
    findGroup.setLong(1, topic);
    findGroup.setString(2, name);
    try (ResultSet row = findGroup.executeQuery()) {
      return row.next() ? new Group(row.getLong(1), row.getString(2), row.getLong(3)) : null;
    }
  }

  List<Group> groups(long topic) throws SQLException {
    groups.setLong(1, topic);
    List<Group> found = new ArrayList<>();
    try (ResultSet row = groups.executeQuery()) {
      while (row.next()) {
        found.add(new Group(row.getLong(1), row.getString(2), row.getLong(3)));
      }
    }
    return found;
  }

  Group newGroup(long topic, String name, long position) throws SQLException {
    addGroup.setLong(1, topic);
    addGroup.setString(2, name);
    addGroup.setLong(3, position);
    addGroup.executeUpdate();
    Group made = group(topic, name);
    if (made == null) {
      throw new SQLException("a group that was just made is not there");
    }
    return made;
  }

  void moveGroup(long group, long position) throws SQLException {
    moveGroup.setLong(1, group);
    moveGroup.setLong(2, position);
    moveGroup.executeUpdate();
  }

  /** What has come back or become due, the longest due first. */
  List<Due> due(long group, long topic, int most, long mostBytes, long now) throws SQLException {
    due.setLong(1, group);
    due.setLong(2, topic);
    due.setLong(3, now);
    due.setInt(4, most);
    List<Due> found = new ArrayList<>();
    long bytes = 0;
    try (ResultSet row = due.executeQuery()) {
      while (row.next()) {
        Stored stored = QueueRows.stored(row, 2);
        bytes += stored.message().bytes();
        if (bytes > mostBytes && !found.isEmpty()) {
          break;
        }
        found.add(new Due(stored, row.getInt(1)));
      }
    }
    return found;
  }

  /**
   * Keeps a message pending.
   *
   * @param token 0 where it is not delivered
   */
  void hold(long group, long offset, long due, long owner, long token, int attempts)
      throws SQLException {
    hold.setLong(1, group);
    hold.setLong(2, offset);
    hold.setLong(3, due);
    hold.setLong(4, owner);
    hold.setLong(5, token);
    hold.setInt(6, attempts);
    hold.executeUpdate();
    wrote(ROW_BYTES);
  }

  /** The attempts of a delivery that is in force; 0 where it is not. */
  int attempts(long group, long offset, long token, long now) throws SQLException {
    bind(find, group, offset, token, now);
    try (ResultSet row = find.executeQuery()) {
      return row.next() ? row.getInt(1) : 0;
    }
  }

  /** Forgets a delivery; false where it is not in force. */
  boolean settle(long group, long offset, long token, long now) throws SQLException {
    bind(settle, group, offset, token, now);
    return changed(settle);
  }

  /** Gives a delivery back until {@code at}; false where it is not in force. */
  boolean postpone(long group, long offset, long token, long now, long at) throws SQLException {
    bind(postpone, group, offset, token, now);
    postpone.setLong(5, at);
    return changed(postpone);
  }

  /** Gives a delivery another deadline; false where it is not in force. */
  boolean extend(long group, long offset, long token, long now, long deadline) throws SQLException {
    bind(extend, group, offset, token, now);
    extend.setLong(5, deadline);
    return changed(extend);
  }

  private static void bind(
      PreparedStatement statement, long group, long offset, long token, long now)
      throws SQLException {
    statement.setLong(1, group);
    statement.setLong(2, offset);
    statement.setLong(3, token);
    statement.setLong(4, now);
  }

  private boolean changed(PreparedStatement statement) throws SQLException {
    wrote(ROW_BYTES);
    return statement.executeUpdate() > 0;
  }

  /** What a consumer has comes back at once. */
  void release(long group, long owner, long now) throws SQLException {
    release.setLong(1, group);
    release.setLong(2, owner);
    release.setLong(3, now);
    changed(release);
  }

  /** What the consumers of a process before this one had comes back at once. */
  void releaseAll(long now) throws SQLException {
    releaseAll.setLong(1, now);
    changed(releaseAll);
  }

  /** Forgets what is pending before an offset: it counts as acknowledged. */
  void settleBefore(long group, long offset) throws SQLException {
    settleBefore.setLong(1, group);
    settleBefore.setLong(2, offset);
    changed(settleBefore);
  }

  /** When the next message comes back or becomes due; {@link Long#MAX_VALUE} where none does. */
  long nextDue(long group) throws SQLException {
    nextDue.setLong(1, group);
    try (ResultSet row = nextDue.executeQuery()) {
      long at = row.next() ? row.getLong(1) : 0;
      return row.wasNull() ? Long.MAX_VALUE : at;
    }
  }

  State state(long group, long now) throws SQLException {
    state.setLong(1, group);
    state.setLong(2, now);
    try (ResultSet row = state.executeQuery()) {
      if (!row.next()) {
        throw new SQLException("a count without a row");
      }
      long first = row.getLong(1);
      return new State(row.wasNull() ? -1 : first, row.getLong(2), row.getLong(3));
    }
  }

  List<Long> topics() throws SQLException {
    List<Long> ids = new ArrayList<>();
    try (ResultSet row = topics.executeQuery()) {
      while (row.next()) {
        ids.add(row.getLong(1));
      }
    }
    return ids;
  }

  /**
   * Removes the oldest messages of a topic that every group has acknowledged and that were
   * published before a time; none where no group reads the topic.
   *
   * @return how many
   */
  int trim(long topic, long publishedBefore, int limit) throws SQLException {
    settled.setLong(1, topic);
    long before;
    try (ResultSet row = settled.executeQuery()) {
      before = row.next() ? row.getLong(1) : 0; // 0 also where no group is
    }
    trim.setLong(1, topic);
    trim.setLong(2, before);
    trim.setLong(3, publishedBefore);
    trim.setInt(4, limit);
    int removed = trim.executeUpdate();
    wrote((long) removed * ROW_BYTES);
    return removed;
  }
}
