package dev.prism.sdk.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import dev.prism.keyvalue.v1.BatchGetRequest;
import dev.prism.keyvalue.v1.BatchPutEntry;
import dev.prism.keyvalue.v1.BatchPutRequest;
import dev.prism.keyvalue.v1.BatchPutResponse;
import dev.prism.keyvalue.v1.CompareAndSwapRequest;
import dev.prism.keyvalue.v1.DeleteRequest;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.GetResponse;
import dev.prism.keyvalue.v1.Keyvalue;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.keyvalue.v1.PutResponse;
import dev.prism.keyvalue.v1.ScanRequest;
import dev.prism.link.CallHeader;
import dev.prism.options.Options;
import dev.prism.plugin.v1.HealthServiceGrpc;
import dev.prism.plugin.v1.InfoRequest;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.plugin.v1.LiveRequest;
import dev.prism.plugin.v1.MetricsRequest;
import dev.prism.plugin.v1.MetricsServiceGrpc;
import dev.prism.plugin.v1.PluginInfoServiceGrpc;
import dev.prism.sdk.Capability;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.KeyValueStore.Execution;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.ConsistencyLevel;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class PluginRuntimeTest {
  @RegisterExtension static final QuietLog QUIET = new QuietLog();

  private static final int GET_INFO = 103;

  private final FakeStore store = new FakeStore();
  private PluginRuntime runtime;

  private PluginRuntime runtime() {
    if (runtime == null) {
      runtime = PluginRuntime.start(store, PluginConfig.of(Map.of()), InstantSource.system());
    }
    return runtime;
  }

  @AfterEach
  void close() {
    store.gate.release(1000);
    runtime().close();
  }

  private FakeCall offer(String method, byte[] request, String traceparent, long nanosLeft) {
    int operation =
        Keyvalue.getDescriptor()
            .findServiceByName("KeyValueService")
            .findMethodByName(method)
            .getOptions()
            .getExtension(Options.method)
            .getOperation();
    long now = System.nanoTime();
    FakeCall call =
        new FakeCall(
            new CallHeader(operation, "default", 0, 3, 0, now + nanosLeft, now, "r", traceparent),
            request);
    runtime().onCall(call);
    return call;
  }

  private FakeCall offer(String method, Message request) {
    return offer(method, request.toByteArray(), null, TimeUnit.SECONDS.toNanos(20));
  }

  private FakeCall call(String method, Message request) {
    FakeCall call = offer(method, request);
    runtime().onBatchEnd();
    return call.await();
  }

  private static PutRequest.Builder put(String key) {
    return PutRequest.newBuilder()
        .setCollection("c")
        .setKey(key)
        .setValue(ByteString.copyFromUtf8("v"));
  }

  private static void await(java.util.function.BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited 10 s").isLessThan(end);
      LockSupport.parkNanos(100_000);
    }
  }

  /** Keeps the write lane busy, so that what is offered next waits. */
  private FakeCall occupyWriteLane() {
    store.gate.drainPermits();
    FakeCall first = offer("Put", put("first").build());
    runtime().onBatchEnd();
    await(() -> store.atWork.get() == 1);
    return first;
  }

  @Test
  void whatComesWhileABatchIsInFlightIsTheNextBatch() throws Exception {
    FakeCall first = occupyWriteLane();
    List<FakeCall> calls = new ArrayList<>();
    for (int i = 9; i >= 0; i--) {
      calls.add(offer("Put", put("k" + i).build()));
    }

    store.gate.release(1000);

    first.await();
    calls.forEach(FakeCall::await);
    assertThat(store.writes).hasSize(2);
    assertThat(store.writes.get(1).stream().map(unit -> unit.writes().getFirst().key().key()))
        .hasSize(10)
        .isSorted();
    assertThat(PutResponse.parseFrom(calls.get(0).response()).getEtag()).isEqualTo("e-k9");
  }

  @Test
  void theSameKeyGoesIntoBatchesOneAfterTheOther() {
    occupyWriteLane();
    FakeCall one = offer("Put", put("k").build());
    FakeCall two = offer("Put", put("k").build());

    store.gate.release(1000);

    one.await();
    two.await();
    assertThat(store.writes).extracting(List::size).containsExactly(1, 1, 1);
  }

  @Test
  void aStoreThatAppliesInOrderGetsTheSameKeyInOneBatch() {
    store.execution = new Execution(1, true, true);
    occupyWriteLane();
    FakeCall one = offer("Put", put("k").build());
    FakeCall two = offer("Put", put("k").build());

    store.gate.release(1000);

    one.await();
    two.await();
    assertThat(store.writes).extracting(List::size).containsExactly(1, 2);
  }

  @Test
  void aCallThatExpiredWhileItWaitedIsNotSent() {
    occupyWriteLane();
    FakeCall late = offer("Put", put("late").build().toByteArray(), null, 1);
    FakeCall good = offer("Put", put("good").build());

    store.gate.release(1000);

    good.await();
    assertThat(late.await().reason()).isEqualTo("DEADLINE_EXCEEDED");
    assertThat(store.writes.get(1)).hasSize(1);
  }

  @Test
  void aCallWhoseCallerHasGoneIsNotSent() {
    occupyWriteLane();
    FakeCall gone = offer("Put", put("gone").build());
    gone.over = true;
    FakeCall good = offer("Put", put("good").build());

    store.gate.release(1000);

    good.await();
    assertThat(store.writes.get(1)).hasSize(1);
  }

  @Test
  void anUnknownOutcomeIsToldToAllAndNotRepeated() {
    FakeCall first = occupyWriteLane();
    FakeCall one = offer("Put", put("a").build());
    FakeCall two = offer("Put", put("b").build());
    store.failure = PrismException.of(Reason.OUTCOME_UNKNOWN, "the connection was lost");

    store.gate.release(1000);

    first.await();
    assertThat(one.await().reason()).isEqualTo("OUTCOME_UNKNOWN");
    assertThat(two.await().reason()).isEqualTo("OUTCOME_UNKNOWN");
    assertThat(store.writes).hasSize(2);
  }

  @Test
  void aStoresBugIsAnsweredWithoutItsText() {
    store.failure = new IllegalStateException("SELECT secret FROM t");

    FakeCall call = call("Put", put("k").build());

    assertThat(call.reason()).isEqualTo("INTERNAL");
    assertThat(call.status().getMessage()).doesNotContain("secret");
  }

  @Test
  void theTraceContextReachesTheStore() {
    String traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    FakeCall call =
        offer("Put", put("k").build().toByteArray(), traceparent, TimeUnit.SECONDS.toNanos(20));
    runtime().onBatchEnd();

    call.await();
    assertThat(store.traceparents).containsExactly(traceparent);
  }

  @Test
  void whatIsNoMessageIsMalformed() {
    FakeCall call = offer("Put", new byte[] {(byte) 0xff}, null, TimeUnit.SECONDS.toNanos(20));

    assertThat(call.await().reason()).isEqualTo("REQUEST_MALFORMED");
  }

  @Test
  void aMethodThatIsNotServedIsUnimplemented() {
    FakeCall call =
        new FakeCall(
            FakeCall.header(65535, "default", "r", System.nanoTime() + 1_000_000_000L),
            new byte[0]);

    runtime().onCall(call);

    assertThat(call.await().reason()).isEqualTo("METHOD_UNIMPLEMENTED");
  }

  @Test
  void whatIsNotDeclaredIsRefused() {
    store.capabilities = EnumSet.noneOf(Capability.class);

    assertThat(call("Put", put("k").setIfAbsent(true).build()).reason())
        .isEqualTo("CAPABILITY_UNSUPPORTED");
    assertThat(call("Put", put("k").setTtl(Duration.newBuilder().setSeconds(1)).build()).reason())
        .isEqualTo("CAPABILITY_UNSUPPORTED");
    assertThat(call("Put", put("k").setIdempotencyKey("i").build()).reason())
        .isEqualTo("IDEMPOTENCY_UNSUPPORTED");
    assertThat(
            call(
                    "CompareAndSwap",
                    CompareAndSwapRequest.newBuilder().setCollection("c").setKey("k").build())
                .reason())
        .isEqualTo("CAPABILITY_UNSUPPORTED");
    assertThat(call("Scan", ScanRequest.newBuilder().setCollection("c").build()).reason())
        .isEqualTo("PARTITION_KEY_REQUIRED");
    assertThat(store.writes).isEmpty();
  }

  @Test
  void aWrongFieldIsNamed() {
    assertThat(call("Put", put("").build()).reason()).isEqualTo("KEY_INVALID");
    assertThat(call("Put", put("é".repeat(513)).build()).reason()).isEqualTo("KEY_INVALID");
    assertThat(call("Put", put("k").setCollection("a b").build()).reason())
        .isEqualTo("COLLECTION_INVALID");
    assertThat(call("Put", put("k").setTtl(Duration.getDefaultInstance()).build()).reason())
        .isEqualTo("TTL_INVALID");
    assertThat(
            call(
                    "Delete",
                    DeleteRequest.newBuilder()
                        .setCollection("c")
                        .setKey("k")
                        .setIfAbsent(true)
                        .build())
                .reason())
        .isEqualTo("PRECONDITION_INVALID");
    assertThat(call("BatchPut", BatchPutRequest.newBuilder().setCollection("c").build()).reason())
        .isEqualTo("BATCH_SIZE_INVALID");
    assertThat(call("BatchPut", batch("k", "k").build()).reason()).isEqualTo("KEY_DUPLICATE");
  }

  private static BatchPutRequest.Builder batch(String... keys) {
    BatchPutRequest.Builder batch = BatchPutRequest.newBuilder().setCollection("c");
    for (String key : keys) {
      batch.addEntries(BatchPutEntry.newBuilder().setKey(key));
    }
    return batch;
  }

  @Test
  void aBatchIsSortedForTheStoreAndAnsweredInItsOwnOrder() throws Exception {
    FakeCall call = call("BatchPut", batch("b", "c", "a").build());

    assertThat(store.writes.getFirst().getFirst().writes())
        .extracting(write -> write.key().key())
        .containsExactly("a", "b", "c");
    assertThat(BatchPutResponse.parseFrom(call.response()).getResultsList())
        .extracting(result -> result.getSuccess().getEtag())
        .containsExactly("e-b", "e-c", "e-a");
  }

  @Test
  void theFingerprintCoversAllButTheIdempotencyKey() {
    call(
        "Put", put("k").setIdempotencyKey("1").putMetadata("a", "1").putMetadata("b", "2").build());
    call(
        "Put", put("k").setIdempotencyKey("2").putMetadata("b", "2").putMetadata("a", "1").build());
    call("Put", put("k").setIdempotencyKey("1").putMetadata("a", "2").build());

    List<Unit.Idempotency> seen =
        store.writes.stream().map(units -> units.getFirst().idempotency()).toList();
    assertThat(seen.get(0).fingerprint()).isEqualTo(seen.get(1).fingerprint());
    assertThat(seen.get(0).fingerprint()).isNotEqualTo(seen.get(2).fingerprint());
    assertThat(seen.get(0).scope()).isEqualTo("KeyValue.Put/c");
  }

  @Test
  void theDefaultPartitionIsTheKey() {
    call("Put", put("k").build());
    call("Put", put("k").setPartitionKey("p").build());

    assertThat(store.writes)
        .extracting(units -> units.getFirst().writes().getFirst())
        .extracting(Write::key)
        .extracting(key -> key.partition())
        .containsExactly("k", "p");
  }

  @Test
  void aScanThatWorksForLongLetsReadsGoFirst() {
    store.execution = new Execution(1, false, true);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    store.isSearching = () -> store.reads.isEmpty() && System.nanoTime() < end;
    FakeCall scan = offer("Scan", ScanRequest.newBuilder().setCollection("c").build());

    FakeCall get = call("Get", GetRequest.newBuilder().setCollection("c").setKey("k").build());

    assertThat(get.reason()).isEmpty();
    assertThat(System.nanoTime()).as("the read waited for the scan").isLessThan(end);
    assertThat(scan.await().reason()).isEmpty();
  }

  @Test
  void aScanStopsWhenItsCallerHasGone() {
    FakeCall call = offer("Scan", ScanRequest.newBuilder().setCollection("c").build());
    call.over = true;

    call.await();
    assertThat(call.messages().size()).isLessThanOrEqualTo(1);
  }

  @Test
  void drainingAnswersWhatIsInFlightAndRefusesTheRest() {
    FakeCall first = occupyWriteLane();
    boolean early = runtime().drain(java.time.Duration.ofMillis(5));
    FakeCall refused = call("Get", GetRequest.newBuilder().setCollection("c").setKey("k").build());
    store.gate.release(1000);

    boolean drained = runtime().drain(java.time.Duration.ofSeconds(10));

    assertThat(early).isFalse();
    assertThat(drained).isTrue();
    assertThat(first.await().reason()).isEmpty();
    assertThat(refused.reason()).isEqualTo("SHUTTING_DOWN");
  }

  @Test
  void aFullQueueRefusesWithARetry() {
    occupyWriteLane();
    List<FakeCall> calls = new ArrayList<>();
    for (int i = 0; i < StoreBackends.MOST_PENDING; i++) {
      calls.add(offer("Put", put("k" + i).build()));
    }

    assertThat(calls.getLast().reason()).isEqualTo("OVERLOADED");
    assertThat(calls.getLast().status().getDetailsList()).hasSize(2);
    store.gate.release(Integer.MAX_VALUE / 4);
    calls.forEach(FakeCall::await);
  }

  @Test
  void anotherNamespaceIsRefusedWhereThePluginHasOne() {
    runtime =
        PluginRuntime.start(
            store, PluginConfig.of(Map.of("PRISM_NAMESPACE", "orders")), InstantSource.system());

    assertThat(call("Put", put("k").build()).reason()).isEqualTo("NAMESPACE_NOT_FOUND");
  }

  @Test
  void healthAndMetricsAreServedOverGrpcToo() throws Exception {
    int port = runtime().serveStandalone(0);
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    try {
      boolean live =
          HealthServiceGrpc.newBlockingStub(channel)
              .live(LiveRequest.getDefaultInstance())
              .getLive();
      String name =
          PluginInfoServiceGrpc.newBlockingStub(channel)
              .getInfo(InfoRequest.getDefaultInstance())
              .getName();
      String metrics =
          MetricsServiceGrpc.newBlockingStub(channel)
              .getMetrics(MetricsRequest.getDefaultInstance())
              .getText();

      assertThat(live).isTrue();
      assertThat(name).isEqualTo("fake");
      assertThat(metrics).contains("prism_plugin_info{");
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void whatAReadLeavesOutIsAskedForAgain() throws Exception {
    store.execution = new Execution(1, true, false);
    store.mostRead = 2;
    List<FakeCall> calls = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      String key = "k" + i;
      calls.add(offer("Get", GetRequest.newBuilder().setCollection("c").setKey(key).build()));
    }

    runtime().onBatchEnd();

    for (int i = 0; i < 5; i++) {
      byte[] response = calls.get(i).await().response();
      assertThat(GetResponse.parseFrom(response).getItem().getValue().toStringUtf8())
          .isEqualTo("k" + i);
    }
    assertThat(store.reads).extracting(List::size).containsExactly(5, 3, 1);
  }

  @Test
  void aBatchOfMoreThanAMessageIsRefusedAndThoseBesideItAreAnswered() {
    store.execution = new Execution(1, true, false);
    store.mostRead = 1;
    BatchGetRequest.Builder several = BatchGetRequest.newBuilder().setCollection("c");
    several.addKeysBuilder().setKey("a");
    several.addKeysBuilder().setKey("b");
    FakeCall batch = offer("BatchGet", several.build());
    FakeCall beside = offer("Get", GetRequest.newBuilder().setCollection("c").setKey("k").build());

    runtime().onBatchEnd();

    assertThat(batch.await().reason()).isEqualTo("MESSAGE_TOO_LARGE");
    assertThat(beside.await().reason()).isEmpty();
  }

  @Test
  void theLevelsOfTheStoreAreToldTheStrongestFirst() throws Exception {
    store.consistencyLevels =
        EnumSet.of(Consistency.Level.EVENTUAL, Consistency.Level.BOUNDED_STALENESS);
    long inASecond = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
    FakeCall call = new FakeCall(FakeCall.header(GET_INFO, "default", "r", inASecond), new byte[0]);

    runtime().onCall(call);

    assertThat(InfoResponse.parseFrom(call.await().response()).getConsistencyLevelsList())
        .containsExactly(
            ConsistencyLevel.CONSISTENCY_LEVEL_BOUNDED_STALENESS,
            ConsistencyLevel.CONSISTENCY_LEVEL_EVENTUAL);
  }

  @Test
  void aRoleThatThePluginDoesNotPlayIsRefused() {
    PluginConfig config = PluginConfig.of(Map.of("PRISM_PLUGIN_ROLE", "consumer"));

    assertThatThrownBy(() -> PluginRuntime.start(store, config, InstantSource.system()))
        .hasMessageContaining("PRISM_PLUGIN_ROLE: the plugin fake is no consumer");
  }
}
