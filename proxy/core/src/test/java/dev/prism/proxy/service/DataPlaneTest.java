package dev.prism.proxy.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.rpc.RetryInfo;
import dev.prism.grpc.Bytes;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.GetResponse;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.keyvalue.v1.PutResponse;
import dev.prism.keyvalue.v1.ScanRequest;
import dev.prism.keyvalue.v1.ScanResponse;
import dev.prism.link.CallHeader;
import dev.prism.link.Link;
import dev.prism.link.LinkException;
import dev.prism.proxy.session.BoundConfig;
import dev.prism.proxy.testing.DataPlaneHarness;
import dev.prism.proxy.testing.Details;
import dev.prism.proxy.testing.InProcessPlugins;
import dev.prism.proxy.testing.ProbedLink;
import dev.prism.status.Reason;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("conformance")
@Timeout(60)
class DataPlaneTest {
  private static final Metadata.Key<String> REQUEST_ID =
      Metadata.Key.of("prism-request-id", Metadata.ASCII_STRING_MARSHALLER);

  private DataPlaneHarness server;
  private KeyValueServiceBlockingStub kv;

  @BeforeEach
  void start() throws IOException {
    server = new DataPlaneHarness();
    kv = stub(server.session("default", config -> config));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void aValueThatWasPutIsRead() {
    kv.put(put("k", "v"));

    String value = kv.get(get("k")).getItem().getValue().toStringUtf8();

    assertThat(value).isEqualTo("v");
  }

  @Test
  void aScanStreamsEveryItemInOrder() {
    for (int i = 0; i < 2500; i++) {
      kv.put(put("key%04d".formatted(i), "v").toBuilder().setPartitionKey("p").build());
    }

    List<String> keys = new ArrayList<>();
    kv.scan(ScanRequest.newBuilder().setCollection("c").setPartitionKey("p").build())
        .forEachRemaining(
            (ScanResponse page) ->
                page.getEntriesList().forEach(entry -> keys.add(entry.getKey())));

    assertThat(keys).hasSize(2500).isSorted();
  }

  @Test
  void aNamespaceDoesNotSeeAnothersValues() {
    kv.put(put("k", "v"));
    KeyValueServiceBlockingStub other = stub(server.session("other", config -> config));

    boolean seen = other.get(get("k")).hasItem();

    assertThat(seen).isFalse();
  }

  @Test
  void aCallWithoutASessionIsUnauthenticated() {
    StatusRuntimeException refusal =
        failure(() -> KeyValueServiceGrpc.newBlockingStub(server.channel).get(get("k")));

    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(reason(refusal)).isEqualTo(Reason.SESSION_MISSING.name());
    assertThat(refusal.getTrailers().get(REQUEST_ID)).hasSize(16);
  }

  @Test
  void aRequestIdThatTheClientChoseComesBack() {
    AtomicReference<Metadata> trailers = new AtomicReference<>();
    Metadata mine = new Metadata();
    mine.put(REQUEST_ID, "my-id-1");

    kv.withInterceptors(
            MetadataUtils.newAttachHeadersInterceptor(mine),
            MetadataUtils.newCaptureMetadataInterceptor(new AtomicReference<>(), trailers))
        .get(get("k"));

    assertThat(trailers.get().get(REQUEST_ID)).isEqualTo("my-id-1");
  }

  @Test
  void aNamespaceOverItsRateIsToldHowLongToWait() {
    KeyValueServiceBlockingStub limited = stub(server.session("limited", config -> config));
    limited.get(get("k"));

    StatusRuntimeException refusal = failure(() -> limited.get(get("k")));

    assertThat(reason(refusal)).isEqualTo(Reason.RATE_LIMITED.name());
    assertThat(retry(refusal).getRetryDelay().getSeconds()).isBetween(3500L, 3600L);
  }

  @Test
  void aRequestThatIsNoProtobufIsMalformed() {
    MethodDescriptor<byte[], byte[]> raw =
        MethodDescriptor.newBuilder(Bytes.MARSHALLER, Bytes.MARSHALLER)
            .setFullMethodName(KeyValueServiceGrpc.getGetMethod().getFullMethodName())
            .setType(MethodDescriptor.MethodType.UNARY)
            .build();

    StatusRuntimeException refusal =
        failure(
            () ->
                ClientCalls.blockingUnaryCall(
                    kv.getChannel(), raw, CallOptions.DEFAULT, new byte[] {-1, 7, 9}));

    assertThat(reason(refusal)).isEqualTo(Reason.REQUEST_MALFORMED.name());
  }

  @Test
  void aRequestOverTheServersLimitIsTooLargeAndTheConnectionLives() {
    PutRequest large =
        put("k", "").toBuilder()
            .setValue(ByteString.copyFrom(new byte[DataPlaneHarness.MAX_MESSAGE]))
            .build();

    StatusRuntimeException refusal = failure(() -> kv.put(large));

    assertThat(reason(refusal)).isEqualTo(Reason.MESSAGE_TOO_LARGE.name());
    assertThat(kv.get(get("k")).hasItem()).isFalse();
  }

  @Test
  void theClientsDeadlineReachesThePlugin() {
    AtomicReference<CallHeader> seen = new AtomicReference<>();
    relink(header -> seen.set(header));

    kv.withDeadlineAfter(700, TimeUnit.MILLISECONDS).get(get("k"));

    Duration given = Duration.ofNanos(seen.get().deadlineNanos() - seen.get().receivedNanos());
    assertThat(given).isBetween(Duration.ofMillis(300), Duration.ofMillis(700));
  }

  @Test
  void aPluginThatNeverAnswersCostsTheCallItsDeadlineOnly() {
    relink(
        header -> {
          throw new LinkException(LinkException.Kind.DEADLINE, "late");
        });

    StatusRuntimeException failure = failure(() -> kv.get(get("k")));

    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(reason(failure)).isEqualTo(Reason.DEADLINE_EXCEEDED.name());
  }

  @Test
  void aClientThatGoesAwayEndsItsCallAndTheConnectionLives() throws InterruptedException {
    CountDownLatch waiting = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    relink(
        header -> {
          if (waiting.getCount() == 0) {
            return;
          }
          waiting.countDown();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            cancelled.countDown();
            throw new LinkException(LinkException.Kind.CANCELLED, "cancelled");
          }
        });
    Future<?> call = KeyValueServiceGrpc.newFutureStub(kv.getChannel()).get(get("k"));
    waiting.await();

    call.cancel(true);

    assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(kv.get(get("k")).hasItem()).isFalse();
    assertThat(server.admission.drain(Duration.ofSeconds(5))).isTrue();
  }

  @Test
  void aFullLinkIsOverloadedAndMayBeTriedAgain() {
    relink(
        header -> {
          throw new LinkException(LinkException.Kind.FULL, "full");
        });

    StatusRuntimeException failure = failure(() -> kv.get(get("k")));

    assertThat(reason(failure)).isEqualTo(Reason.OVERLOADED.name());
    assertThat(retry(failure).hasRetryDelay()).isTrue();
  }

  @Test
  void aReadIsSentAgainWhenThePluginDiesUnderIt() {
    kv.put(put("k", "v"));
    AtomicInteger deaths = dieOnce();

    String value = kv.get(get("k")).getItem().getValue().toStringUtf8();

    assertThat(value).isEqualTo("v");
    assertThat(deaths).hasValue(1);
  }

  @Test
  void aWriteWithAnIdempotencyKeyIsSentAgainWhenThePluginDiesUnderIt() {
    AtomicInteger deaths = dieOnce();

    StatusRuntimeException answer =
        failure(() -> kv.put(put("k", "v").toBuilder().setIdempotencyKey("once").build()));

    // The next incarnation's own answer: memory remembers no keys.
    assertThat(reason(answer)).isEqualTo(Reason.IDEMPOTENCY_UNSUPPORTED.name());
    assertThat(deaths).hasValue(1);
  }

  @Test
  void aBlindWriteIsNotSentAgainWhenThePluginDiesUnderIt() {
    AtomicInteger deaths = dieOnce();

    StatusRuntimeException failure = failure(() -> kv.put(put("k", "v")));

    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(reason(failure)).isEqualTo(Reason.OUTCOME_UNKNOWN.name());
    assertThat(deaths).hasValue(1);
  }

  @Test
  void aCallThatFindsNoPluginIsUnavailableAtItsDeadline() {
    server.plugins.get(DataPlaneHarness.INSTANCE).kill();
    KeyValueServiceBlockingStub hasty =
        stub(server.session("default", config -> withTimeout(config, 100)));

    StatusRuntimeException failure = failure(() -> hasty.put(put("k", "v")));

    assertThat(reason(failure)).isEqualTo(Reason.PLUGIN_UNAVAILABLE.name());
  }

  @Test
  void aServerThatShutsDownTakesNoNewCall() {
    server.admission.drain(Duration.ZERO);

    StatusRuntimeException refusal = failure(() -> kv.get(get("k")));

    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(reason(refusal)).isEqualTo(Reason.SHUTTING_DOWN.name());
  }

  @Test
  void afterEachCallNoneIsInFlight() {
    kv.put(put("k", "v"));
    failure(() -> kv.put(put("", "v")));
    failure(() -> KeyValueServiceGrpc.newBlockingStub(server.channel).get(get("k")));

    assertThat(server.admission.drain(Duration.ofSeconds(5))).isTrue();
  }

  @Test
  void aSessionHasAsManyCallsAtTheBackendAsItsConfigAllows() throws Exception {
    // Given one that is allowed one, which the plugin has
    CountDownLatch there = new CountDownLatch(1);
    CountDownLatch let = new CountDownLatch(1);
    relink(
        header -> {
          there.countDown();
          await(let);
        });
    String token = server.session("default", config -> withSlots(config, 1, 20));
    FutureTask<GetResponse> first = new FutureTask<>(() -> stub(token).get(get("k")));
    Thread.startVirtualThread(first);
    there.await();

    // When
    StatusRuntimeException second = failure(() -> stub(token).get(get("k")));
    let.countDown();
    first.get();

    // Then
    assertThat(reason(second)).isEqualTo(Reason.OVERLOADED.name());
    assertThat(stub(token).get(get("k")).hasItem()).isFalse();
  }

  @Test
  void aCallOfASessionWaitsForItsTurnAtTheBackend() throws Exception {
    // Given a session that is allowed one call, and is let make it as soon as another waits
    CountDownLatch second = new CountDownLatch(1);
    relink(header -> await(second));
    String token = server.session("default", config -> withSlots(config, 1, 0));
    FutureTask<PutResponse> put = new FutureTask<>(() -> stub(token).put(put("k", "v")));
    Thread.startVirtualThread(put);
    while (server.admission.inFlight() < 1) {
      Thread.onSpinWait();
    }

    // When
    FutureTask<PutResponse> next = new FutureTask<>(() -> stub(token).put(put("k", "w")));
    Thread.startVirtualThread(next);
    while (server.admission.inFlight() < 2) {
      Thread.onSpinWait();
    }
    second.countDown();

    // Then
    put.get();
    next.get();
    assertThat(server.admission.drain(Duration.ofSeconds(5))).isTrue();
  }

  @Test
  void aCallThatFailsGivesItsTurnBack() {
    KeyValueServiceBlockingStub one =
        stub(server.session("default", config -> withSlots(config, 1, 20)));

    failure(() -> one.put(put("", "v")));
    failure(() -> one.put(put("", "v")));

    assertThat(one.get(get("k")).hasItem()).isFalse();
  }

  private static void await(CountDownLatch latch) throws LinkException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new LinkException(LinkException.Kind.CANCELLED, "cancelled");
    }
  }

  private void relink(ProbedLink.Probe probe) {
    InProcessPlugins.One plugin = server.plugins.get(DataPlaneHarness.INSTANCE);
    plugin.wrap(link -> new ProbedLink(link, probe));
    plugin.kill();
    plugin.restart();
  }

  /** The first call's plugin carries it out and dies before it answers; the next one is fine. */
  private AtomicInteger dieOnce() {
    AtomicInteger deaths = new AtomicInteger();
    InProcessPlugins.One plugin = server.plugins.get(DataPlaneHarness.INSTANCE);
    UnaryOperator<Link> plain = link -> link;
    relink(
        header -> {
          deaths.incrementAndGet();
          plugin.wrap(plain);
          plugin.kill();
          plugin.restart();
          throw new LinkException(LinkException.Kind.PEER_DIED, "died");
        });
    return deaths;
  }

  private KeyValueServiceBlockingStub stub(String token) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("prism-session", Metadata.ASCII_STRING_MARSHALLER), token);
    return KeyValueServiceGrpc.newBlockingStub(
        ClientInterceptors.intercept(
            server.channel, MetadataUtils.newAttachHeadersInterceptor(headers)));
  }

  private static BoundConfig withTimeout(BoundConfig config, long millis) {
    return with(config, millis, config.maxInFlight(), config.acquireTimeoutMillis());
  }

  /** With so many calls at the backend at once, for which others wait so long; 0: as they may. */
  private static BoundConfig withSlots(BoundConfig config, int calls, long millis) {
    return with(config, config.timeoutMillis(), calls, millis);
  }

  private static BoundConfig with(
      BoundConfig config, long timeoutMillis, int maxInFlight, long acquireTimeoutMillis) {
    return new BoundConfig(
        config.name(),
        config.version(),
        config.config(),
        config.source(),
        config.pattern(),
        config.namespace(),
        config.instance(),
        config.backendType(),
        config.capabilities(),
        config.consistency(),
        config.maxStalenessMillis(),
        timeoutMillis,
        maxInFlight,
        acquireTimeoutMillis,
        config.rateLimit());
  }

  private static PutRequest put(String key, String value) {
    return PutRequest.newBuilder()
        .setCollection("c")
        .setKey(key)
        .setValue(ByteString.copyFromUtf8(value))
        .build();
  }

  private static GetRequest get(String key) {
    return GetRequest.newBuilder().setCollection("c").setKey(key).build();
  }

  private static StatusRuntimeException failure(Runnable call) {
    return catchThrowableOfType(StatusRuntimeException.class, call::run);
  }

  private static String reason(StatusRuntimeException failure) {
    return Details.reason(StatusProto.fromThrowable(failure));
  }

  private static RetryInfo retry(StatusRuntimeException failure) {
    return Details.of(StatusProto.fromThrowable(failure), RetryInfo.class);
  }
}
