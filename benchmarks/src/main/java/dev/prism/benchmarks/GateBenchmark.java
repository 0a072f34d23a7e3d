package dev.prism.benchmarks;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.proxy.call.RequestHeaders;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.gate.Authenticate;
import dev.prism.proxy.gate.Passage;
import dev.prism.proxy.gate.RateLimits;
import dev.prism.proxy.gate.SelectConfig;
import dev.prism.proxy.route.MethodTable;
import dev.prism.proxy.route.MethodTable.Method;
import dev.prism.proxy.route.ResourceScanner;
import dev.prism.transact.v1.DataWrite;
import dev.prism.transact.v1.Insert;
import dev.prism.transact.v1.WriteRequest;
import dev.prism.type.v1.Value;
import io.grpc.Metadata;
import io.prometheus.metrics.core.metrics.Counter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What a call costs at the gate, after its session is known. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgs = {
      "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
      "--enable-native-access=ALL-UNNAMED",
      "--sun-misc-unsafe-memory-access=allow"
    })
public class GateBenchmark {
  private static final int BODY_BYTES = 256;
  private static final int WRITES = 4;

  /** More calls a second than one thread can make: none is refused. */
  private static final double NEVER_REACHED = 1e9;

  private final MethodTable methods = MethodTable.ofContract();
  private final Method put = method("prism.keyvalue.v1.KeyValueService/Put");
  private final byte[] putRequest =
      PutRequest.newBuilder()
          .setCollection("orders")
          .setKey("customer-0123456789/order-0123456789")
          .setValue(ByteString.copyFrom(new byte[BODY_BYTES]))
          .build()
          .toByteArray();
  private final ResourceScanner writes =
      method("prism.transact.v1.TransactService/Write").resources();
  private final byte[] writeRequest = writeRequest();

  private final OpenSessions open = new OpenSessions(1, NEVER_REACHED);
  private final RateLimits limits = limits();
  private final Passage call = call();

  @TearDown
  public void close() {
    open.close();
  }

  /** A token of the session's and one of the namespace's. */
  @Benchmark
  public void rateLimits() {
    limits.enter(call);
  }

  /** The one collection that a Put names. */
  @Benchmark
  public String oneResource() {
    return put.resources().one(putRequest);
  }

  /** The tables of four writes. */
  @Benchmark
  public List<String> severalResources() {
    return writes.scan(writeRequest);
  }

  private Method method(String name) {
    return Objects.requireNonNull(methods.find(name), name);
  }

  private static byte[] writeRequest() {
    WriteRequest.Builder request = WriteRequest.newBuilder();
    for (int i = 0; i < WRITES; i++) {
      Insert insert =
          Insert.newBuilder()
              .putValues("id", Value.newBuilder().setInt64Value(i).build())
              .putValues("customer", Value.newBuilder().setStringValue("customer-" + i).build())
              .putValues("total", Value.newBuilder().setDecimalValue("12.50").build())
              .build();
      request.addWrites(DataWrite.newBuilder().setTable("table_" + i).setInsert(insert));
    }
    return request.build().toByteArray();
  }

  private static RateLimits limits() {
    Counter refused = Counter.builder().name("refused_total").labelNames("by").build();
    return new RateLimits(
        Map.of(
            OpenSessions.NAMESPACE,
            new ServerConfig.Namespace(
                OpenSessions.NAMESPACE,
                List.of(),
                new ServerConfig.RateLimit(NEVER_REACHED, (long) NEVER_REACHED))),
        refused.labelValues("session"),
        refused.labelValues("namespace"),
        System::nanoTime);
  }

  /** A call that has passed the steps before. */
  private Passage call() {
    Metadata metadata = new Metadata();
    metadata.put(RequestHeaders.SESSION, open.tokens()[0]);
    Passage passage = new Passage(put, metadata, putRequest, System.nanoTime());
    new Authenticate(open.sessions()::authenticate).enter(passage);
    new SelectConfig(Duration.ofSeconds(10)).enter(passage);
    return passage;
  }
}
