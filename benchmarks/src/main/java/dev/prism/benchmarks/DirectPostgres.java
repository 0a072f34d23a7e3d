package dev.prism.benchmarks;

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
 * What an application would write that keeps messages in PostgreSQL without Prism and wants it
 * fast: one thread inserts what all callers have handed over since its last commit, in as few
 * statements as the driver makes of a batch, and commits once for all of them. The table is that of
 * the plugin, the offsets are a sequence's.
 */
final class DirectPostgres implements Direct {
  private static final int MOST_WAITING = 4096;

  private final BlockingQueue<Insert> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
  private final Connection connection;
  private final PreparedStatement insert;
  private final Thread writer;
  private volatile boolean ended;

  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Insert(byte[] key, byte[] payload, CompletableFuture<Boolean> done) {}

  DirectPostgres(String jdbcUrl) throws SQLException {
    connection =
        DriverManager.getConnection(jdbcUrl + "&reWriteBatchedInserts=true&prepareThreshold=1");
    try (Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS direct");
      statement.execute(
          """
          CREATE TABLE direct (topic bigint NOT NULL, seq bigint GENERATED ALWAYS AS IDENTITY,
            published bigint NOT NULL, deliver_at bigint NOT NULL, size int NOT NULL, key bytea,
            headers bytea, payload bytea NOT NULL, PRIMARY KEY (topic, seq))
          """);
    }
    connection.setAutoCommit(false);
    insert =
        connection.prepareStatement(
            "INSERT INTO direct (topic, published, deliver_at, size, key, payload)"
                + " VALUES (1, ?, 0, ?, ?, ?)");
    writer = Thread.ofPlatform().name("direct-postgres").start(this::write);
  }

  /** Returns when the message is committed. */
  @Override
  public void publish(byte[] key, byte[] payload) throws InterruptedException {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
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
    for (Insert each : batch) {
      insert.setLong(1, now);
      insert.setInt(2, each.payload().length);
      insert.setBytes(3, each.key());
      insert.setBytes(4, each.payload());
      insert.addBatch();
    }
    insert.executeBatch();
    connection.commit();
    for (Insert each : batch) {
      each.done().complete(true);
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
