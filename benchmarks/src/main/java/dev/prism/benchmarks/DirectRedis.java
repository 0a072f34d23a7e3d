package dev.prism.benchmarks;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.Response;
import redis.clients.jedis.params.XAddParams;

/**
 * What an application would write that adds to a Redis stream without Prism and wants it fast: one
 * thread sends what all callers have handed over since its last answer in one pipeline.
 */
final class DirectRedis implements Direct {
  private static final int MOST_WAITING = 4096;
  private static final byte[] STREAM = "direct".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] PAYLOAD = "payload".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] KEY = "key".getBytes(StandardCharsets.US_ASCII);

  private final BlockingQueue<Entry> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
  private final RedisClient client;
  private final Thread writer;
  private volatile boolean ended;

  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Entry(byte[] key, byte[] payload, CompletableFuture<byte[]> done) {}

  DirectRedis(int port) {
    client = RedisClient.create("127.0.0.1", port);
    writer = Thread.ofPlatform().name("direct-redis").start(this::write);
  }

  /** Returns when the server has answered, which it does after it has synced. */
  @Override
  public void publish(byte[] key, byte[] payload) throws InterruptedException {
    CompletableFuture<byte[]> done = new CompletableFuture<>();
    waiting.put(new Entry(key, payload, done));
    done.join();
  }

  private void write() {
    List<Entry> batch = new ArrayList<>();
    while (!ended) {
      try {
        batch.add(waiting.take());
        waiting.drainTo(batch);
        add(batch);
      } catch (InterruptedException e) {
        return;
      }
      batch.clear();
    }
  }

  private void add(List<Entry> batch) {
    List<Response<byte[]>> ids = new ArrayList<>(batch.size());
    try (Pipeline pipeline = client.pipelined()) {
      for (Entry each : batch) {
        ids.add(
            pipeline.xadd(
                STREAM, XAddParams.xAddParams(), Map.of(PAYLOAD, each.payload(), KEY, each.key())));
      }
      pipeline.sync();
    }
    for (int i = 0; i < batch.size(); i++) {
      batch.get(i).done().complete(ids.get(i).get());
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
    client.close();
  }
}
