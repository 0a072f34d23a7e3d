package dev.prism.perf.servers;

import dev.prism.perf.report.Percentile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import org.HdrHistogram.Histogram;

/**
 * The process of an application without Prism: callers that use SQLite's driver themselves, in this
 * process, without a wire between. Each reads over a connection of its own; they take turns at one
 * that writes, as SQLite has one writer, and each commits and syncs what it wrote. Answers each
 * line it reads ({@code get} or {@code put}, and for how many seconds) with one: calls, seconds,
 * then percentile and microseconds in turn.
 */
public final class DriverCallers {
  private final String url;
  private final int callers;
  private final int keys;
  private final byte[] value;
  private final ReentrantLock turn = new ReentrantLock();
  private final Connection writing;
  private final PreparedStatement write;

  private DriverCallers(String file, int callers, int keys, int payload) throws SQLException {
    this.url = "jdbc:sqlite:" + file;
    this.callers = callers;
    this.keys = keys;
    this.value = new byte[payload];
    ThreadLocalRandom.current().nextBytes(value);
    this.writing = DriverManager.getConnection(url);
    try (Statement statement = writing.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("PRAGMA synchronous = FULL");
      statement.execute("CREATE TABLE item (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID");
    }
    this.write = writing.prepareStatement("INSERT OR REPLACE INTO item VALUES (?, ?)");
    writing.setAutoCommit(false);
    for (int i = 0; i < keys; i++) {
      write(i);
    }
    writing.commit();
    writing.setAutoCommit(true);
  }

  /**
   * Serves until the end of the standard input.
   *
   * @param args a file that is not there, how many callers, how many keys, the bytes of a value
   */
  public static void main(String[] args)
      throws IOException, SQLException, InterruptedException, ExecutionException {
    DriverCallers driver =
        new DriverCallers(
            args[0],
            Integer.parseInt(args[1]),
            Integer.parseInt(args[2]),
            Integer.parseInt(args[3]));
    System.out.println("ready");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] asked = line.split(" ", -1);
      System.out.println(driver.run(asked[0].equals("put"), Double.parseDouble(asked[1])));
    }
    System.exit(0);
  }

  private String run(boolean puts, double seconds) throws InterruptedException, ExecutionException {
    long start = System.nanoTime();
    long end = start + (long) (seconds * 1e9);
    Histogram all = new Histogram(3);
    try (ExecutorService threads = Executors.newFixedThreadPool(callers)) {
      List<Future<Histogram>> each = new ArrayList<>();
      for (int i = 0; i < callers; i++) {
        each.add(threads.submit(() -> puts ? put(end) : get(end)));
      }
      for (Future<Histogram> one : each) {
        all.add(one.get());
      }
    }
    double took = (System.nanoTime() - start) / 1e9;
    StringBuilder answer = new StringBuilder();
    answer.append(all.getTotalCount()).append(' ').append(took);
    for (Percentile each : Percentile.of(all)) {
      answer.append(' ').append(each.percent()).append(' ').append(each.micros());
    }
    return answer.toString();
  }

  private Histogram get(long end) throws SQLException {
    Histogram latencies = new Histogram(3);
    try (Connection reading = DriverManager.getConnection(url);
        PreparedStatement read = reading.prepareStatement("SELECT value FROM item WHERE key = ?")) {
      for (long now = System.nanoTime(); now < end; ) {
        read.setString(1, key(ThreadLocalRandom.current().nextInt(keys)));
        try (ResultSet found = read.executeQuery()) {
          if (!found.next() || found.getBytes(1).length != value.length) {
            throw new SQLException("a value is not there");
          }
        }
        now = record(latencies, now);
      }
    }
    return latencies;
  }

  private Histogram put(long end) throws SQLException {
    Histogram latencies = new Histogram(3);
    for (long now = System.nanoTime(); now < end; ) {
      int key = ThreadLocalRandom.current().nextInt(keys);
      turn.lock();
      try {
        write(key);
      } finally {
        turn.unlock();
      }
      now = record(latencies, now);
    }
    return latencies;
  }

  private static long record(Histogram latencies, long begun) {
    long now = System.nanoTime();
    latencies.recordValue(now - begun);
    return now;
  }

  private void write(int number) throws SQLException {
    write.setString(1, key(number));
    write.setBytes(2, value);
    write.executeUpdate();
  }

  private static String key(int number) {
    return "key-" + number;
  }
}
