package dev.prism.plugin.postgres;

import dev.prism.sdk.queue.Start;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Places in a topic, and where groups stand. */
final class Places {
  private final Upkeep upkeep;

  /**
   * Where a group stands.
   *
   * @param place the first offset that was never delivered to it
   * @param low the first that it has not acknowledged
   * @param held how many before the place are not acknowledged
   */
  record Standing(long id, String name, long place, long low, long held, long inFlight) {}

  Places(Upkeep upkeep) {
    this.upkeep = upkeep;
  }

  /** The offset of the next message. */
  long end(Slot slot, long topic) throws SQLException {
    PreparedStatement end =
        slot.prepare("SELECT seq + 1 FROM message WHERE topic = ? ORDER BY seq DESC LIMIT 1");
    end.setLong(1, topic);
    return number(end, 0);
  }

  /** The offset of the first message that there is; the end where there is none. */
  long earliest(Slot slot, long topic) throws SQLException {
    PreparedStatement first =
        slot.prepare("SELECT seq FROM message WHERE topic = ? AND seq >= ? ORDER BY seq LIMIT 1");
    first.setLong(1, topic);
    first.setLong(2, upkeep.earliest(topic));
    return number(first, 0);
  }

  private static long number(PreparedStatement query, long absent) throws SQLException {
    try (ResultSet row = query.executeQuery()) {
      return row.next() ? row.getLong(1) : absent;
    }
  }

  /** A place in a topic. */
  long of(Slot slot, long topic, Start start) throws SQLException {
    return switch (start) {
      case Start.Earliest _ -> earliest(slot, topic);
      case Start.Committed _ -> earliest(slot, topic);
      case Start.Latest _ -> end(slot, topic);
      case Start.Time(long millis) -> at(slot, topic, millis);
      case Start.Offsets(Map<Integer, Long> offsets) -> {
        check(offsets, end(slot, topic));
        long earliest = earliest(slot, topic);
        yield Math.max(earliest, offsets.getOrDefault(0, earliest));
      }
    };
  }

  /** Checks a place in a topic that is not there yet. */
  void ofNothing(Start start) {
    if (start instanceof Start.Offsets(Map<Integer, Long> offsets)) {
      check(offsets, 0);
    }
  }

  static void check(Map<Integer, Long> offsets, long end) {
    offsets.forEach(
        (partition, offset) -> {
          if (partition != 0 || offset > end) {
            throw PrismException.of(
                Reason.FIELD_INVALID, "the topic has partition 0 only, and its end is " + end);
          }
        });
  }

  /** The first offset that was published at {@code millis} or later: times grow with offsets. */
  private long at(Slot slot, long topic, long millis) throws SQLException {
    long low = earliest(slot, topic);
    long high = end(slot, topic);
    PreparedStatement published =
        slot.prepare("SELECT published FROM message WHERE topic = ? AND seq = ?");
    while (low < high) {
      long middle = (low + high) >>> 1;
      published.setLong(1, topic);
      published.setLong(2, middle);
      if (number(published, Long.MIN_VALUE) < millis) { // or it was removed meanwhile
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  long join(Slot slot, long topic, String group, long place) throws SQLException {
    PreparedStatement join = slot.prepare("SELECT join_group(?, ?, ?)");
    join.setLong(1, topic);
    join.setString(2, group);
    join.setLong(3, place);
    return number(join, 0);
  }

  void seek(Slot slot, long group, long place) throws SQLException {
    PreparedStatement seek = slot.prepare("SELECT seek(?, ?)");
    seek.setLong(1, group);
    seek.setLong(2, place);
    seek.execute();
  }

  void commitBefore(Slot slot, long group, long place) throws SQLException {
    PreparedStatement commit = slot.prepare("SELECT commit_before(?, ?)");
    commit.setLong(1, group);
    commit.setLong(2, place);
    commit.execute();
  }

  /** The groups of a topic, at most 1000, in the order of their names. */
  List<Standing> standings(Slot slot, long topic) throws SQLException {
    PreparedStatement standing =
        slot.prepare(
            "SELECT id, name, place, low, held, in_flight FROM standing(?, NULL) ORDER BY name");
    standing.setLong(1, topic);
    List<Standing> found = new ArrayList<>();
    try (ResultSet row = standing.executeQuery()) {
      while (row.next()) {
        found.add(
            new Standing(
                row.getLong(1),
                row.getString(2),
                row.getLong(3),
                row.getLong(4),
                row.getLong(5),
                row.getLong(6)));
      }
    }
    return found;
  }
}
