package dev.prism.plugin.postgres;

import dev.prism.sdk.queue.Topic;
import dev.prism.sdk.queue.Topics;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done beside the calls: deliveries of processes that have died come back, and what nobody
 * needs any more is removed. Every process does it; that harms nothing.
 */
final class Upkeep implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

  private static final int TRIM_ROWS = 5000;
  private static final long LEAST_TRIM_MILLIS = 1000;
  private static final long MOST_TRIM_MILLIS = 60_000;
  private static final long REMEMBER_MILLIS = TimeUnit.HOURS.toMillis(25);
  private static final long SWEEP_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Slot slot;
  private final Presence presence;
  private final Notifier notifier;
  private final Runnable cameBack;
  private final long keepMillis;
  private final Map<String, Long> keepByName = new HashMap<>();
  private final Map<Long, Long> earliest = new ConcurrentHashMap<>();
  private final Ticker ticker;
  private long nextTrim = System.nanoTime();
  private long nextSweep = System.nanoTime() + SWEEP_NANOS;

  /** One topic and how long its messages stay. */
  private record Kept(long topic, long millis) {}

  Upkeep(
      Slot slot,
      Presence presence,
      Notifier notifier,
      long keepMillis,
      Topics topics,
      Runnable cameBack) {
    this.slot = slot;
    this.presence = presence;
    this.notifier = notifier;
    this.cameBack = cameBack;
    this.keepMillis = keepMillis;
    for (Topic topic : topics.configured().values()) {
      if (topic.retentionMillis() > 0) {
        keepByName.put(topic.physicalName(), topic.retentionMillis());
      }
    }
    this.ticker = new Ticker("prism-upkeep", this::tick);
  }

  void start() {
    ticker.start();
  }

  /** A place of the topic's log before which nothing is, as far as is known. */
  long earliest(long topic) {
    return earliest.getOrDefault(topic, 0L);
  }

  /** What processes that have died had comes back, on the caller's connection. */
  static boolean releaseDead(Slot slot, long self) throws SQLException {
    PreparedStatement release = slot.prepare("SELECT release_dead(?)");
    release.setLong(1, self);
    try (ResultSet row = release.executeQuery()) {
      row.next();
      return row.getInt(1) > 0;
    }
  }

  private void tick() {
    long self = presence.idOrNone();
    if (self != 0 && slot.<Boolean>read(open -> releaseDead(open, self))) {
      LOG.info("a process has died: what it had comes back");
      cameBack.run();
    }
    long arrivals = notifier.arrivals();
    notifier.counted(slot.read(open -> listeners(open, notifier.channel())), arrivals);
    long now = System.nanoTime();
    if (now - nextTrim >= 0) {
      nextTrim =
          now
              + TimeUnit.MILLISECONDS.toNanos(
                  Math.clamp(keepMillis / 10, LEAST_TRIM_MILLIS, MOST_TRIM_MILLIS));
      trim();
    }
    if (now - nextSweep >= 0) {
      nextSweep = now + SWEEP_NANOS;
      slot.read(
          open -> {
            PreparedStatement sweep = open.prepare("SELECT sweep(now_ms() - ?)");
            sweep.setLong(1, REMEMBER_MILLIS);
            return sweep.execute();
          });
    }
  }

  /**
   * How many processes hear what is said on a channel; one of an older build has not said what it
   * hears.
   */
  static int listeners(Slot open, String channel) throws SQLException {
    PreparedStatement count =
        open.prepare("SELECT count(*)::int FROM process WHERE channel IN (?, '')");
    count.setString(1, channel);
    try (ResultSet row = count.executeQuery()) {
      row.next();
      return row.getInt(1);
    }
  }

  private void trim() {
    for (Kept kept : slot.read(this::topics)) {
      int removed = TRIM_ROWS;
      while (removed == TRIM_ROWS && !ticker.isStopped()) {
        removed = slot.read(open -> trim(open, kept));
      }
    }
  }

  private List<Kept> topics(Slot open) throws SQLException {
    List<Kept> topics = new ArrayList<>();
    try (ResultSet row = open.prepare("SELECT id, name FROM topic").executeQuery()) {
      while (row.next()) {
        topics.add(new Kept(row.getLong(1), keepByName.getOrDefault(row.getString(2), keepMillis)));
      }
    }
    return topics;
  }

  private int trim(Slot open, Kept kept) throws SQLException {
    PreparedStatement trim =
        open.prepare("SELECT removed, earliest FROM trim_log(?, ?, now_ms() - ?, ?)");
    trim.setLong(1, kept.topic());
    trim.setLong(2, earliest(kept.topic()));
    trim.setLong(3, kept.millis());
    trim.setInt(4, TRIM_ROWS);
    try (ResultSet row = trim.executeQuery()) {
      row.next();
      earliest.put(kept.topic(), row.getLong(2));
      return row.getInt(1);
    }
  }

  @Override
  public void close() {
    ticker.close();
    slot.close();
  }
}
