package dev.prism.benchmarks;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.Response;
import redis.clients.jedis.params.XAddParams;

/**
 * What an application would write that adds to a Redis stream without Prism and wants it fast: one
 * thread sends what all callers have handed over since its last answer in one pipeline.
 */
final class DirectRedis extends BatchingDirect {
  private static final byte[] STREAM = "direct".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] PAYLOAD = "payload".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] KEY = "key".getBytes(StandardCharsets.US_ASCII);

  private final RedisClient client;

  DirectRedis(int port) {
    client = RedisClient.create("127.0.0.1", port);
    start();
  }

  @Override
  void commit(List<Insert> batch) {
    List<Response<byte[]>> ids = new ArrayList<>(batch.size());
    try (Pipeline pipeline = client.pipelined()) {
      for (Insert each : batch) {
        ids.add(
            pipeline.xadd(
                STREAM, XAddParams.xAddParams(), Map.of(PAYLOAD, each.payload(), KEY, each.key())));
      }
      pipeline.sync();
    }
    ids.forEach(Response::get); // throws where one was refused
  }

  @Override
  void disconnect() {
    client.close();
  }
}
