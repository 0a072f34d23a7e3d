package dev.prism.benchmarks;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;

/**
 * What an application would write that keeps messages in SQLite without Prism and wants it fast:
 * one thread inserts what all callers have handed over since its last commit, and syncs once for
 * all of them. The table, the log and the syncing are those of the SQLite plugin.
 */
final class DirectSqlite implements Direct {
  private static final int MOST_WAITING = 4096;

  private final BlockingQueue<Insert> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
  private final Connection connection;
  private final PreparedStatement insert;
  private final Thread writer;
  private volatile boolean ended;
  private long offset;

  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Insert(byte[] key, byte[] payload, CompletableFuture<Long> done) {}

  DirectSqlite(Path file) throws SQLException {
    connection = DriverManager.getConnection("jdbc:sqlite:" + file);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("PRAGMA synchronous = FULL");
      statement.execute("PRAGMA wal_autocheckpoint = 8192");
      statement.execute("PRAGMA cache_size = -8192");
      statement.execute(
          """
          CREATE TABLE message (topic INTEGER NOT NULL, offset INTEGER NOT NULL,
            published INTEGER NOT NULL, deliver_at INTEGER NOT NULL, key BLOB, headers BLOB,
            payload BLOB NOT NULL, PRIMARY KEY (topic, offset)) STRICT, WITHOUT ROWID
          """);
    }
    connection.setAutoCommit(false);
    insert = connection.prepareStatement("INSERT INTO message VALUES (1, ?1, ?2, 0, ?3, NULL, ?4)");
    writer = Thread.ofPlatform().name("direct-sqlite").start(this::write);
  }

  /** Returns when the message is on the disk. */
  @Override
  public void publish(byte[] key, byte[] payload) throws InterruptedException {
    CompletableFuture<Long> done = new CompletableFuture<>();
    waiting.put(new Insert(key, payload, done));
    done.join();
  }

  private void write() {
    List<Insert> batch = new ArrayList<>();
    while (!ended) {
      try {
        batch.add(waiting.take());
        waiting.drainTo(batch);
        commit(batch);
      } catch (InterruptedException e) {
        return;
      } catch (SQLException e) {
        batch.forEach(each -> each.done().completeExceptionally(e));
      }
      batch.clear();
    }
  }

  private void commit(List<Insert> batch) throws SQLException {
    long now = System.currentTimeMillis();
    long first = offset;
    for (Insert each : batch) {
      insert.setLong(1, offset++);
      insert.setLong(2, now);
      insert.setBytes(3, each.key());
      insert.setBytes(4, each.payload());
      insert.executeUpdate();
    }
    connection.commit();
    for (int i = 0; i < batch.size(); i++) {
      batch.get(i).done().complete(first + i);
    }
  }

  @Override
  public void close() {
    ended = true;
    writer.interrupt();
    boolean interrupted = false;
    while (writer.isAlive()) {
      try {
        writer.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
