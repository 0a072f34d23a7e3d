package dev.prism.system;

import static dev.prism.system.Errors.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.BatchPutEntry;
import dev.prism.keyvalue.v1.BatchPutRequest;
import dev.prism.keyvalue.v1.BatchPutResult;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.GetResponse;
import dev.prism.keyvalue.v1.Item;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.keyvalue.v1.PutResponse;
import dev.prism.keyvalue.v1.ScanEntry;
import dev.prism.keyvalue.v1.ScanRequest;
import dev.prism.keyvalue.v1.ScanResponse;
import dev.prism.session.v1.CreateSessionRequest;
import dev.prism.session.v1.SessionServiceGrpc;
import dev.prism.status.Reason;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Sessions and KeyValue, on a Prism whose backend {@code stopped} never answers. */
final class JavaPrismSteps {
  private static final String COLLECTION = "java";
  private static final GetRequest KEY = get("key");

  private final ManagedChannel channel;

  private JavaPrismSteps(ManagedChannel channel) {
    this.channel = channel;
  }

  static void run(ManagedChannel channel) throws Exception {
    new JavaPrismSteps(channel).run();
  }

  private void run() throws Exception {
    KeyValueServiceBlockingStub kept =
        inSession(
            SessionServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(1, TimeUnit.MINUTES)
                .createSession(CreateSessionRequest.newBuilder().setConfigName("default").build())
                .getSessionToken());
    System.out.println("session");
    // Opened before the backend was stopped: no session can be opened on one that gives no sign of
    // life.
    KeyValueServiceBlockingStub stopped = inSession(System.getenv("STOPPED_SESSION"));
    KeyValueServiceBlockingStub impatient = inSession(System.getenv("IMPATIENT_SESSION"));
    putAndGet(kept, "key", ByteString.copyFromUtf8("value"));
    System.out.println("put and get");
    scan(kept);
    System.out.println("scan");
    assertFails(
        Reason.KEY_EXISTS, () -> kept.put(put("key", ByteString.EMPTY).setIfAbsent(true).build()));
    System.out.println("error details");
    deadline(stopped);
    System.out.println("deadline");
    // The deadline of the session's config: the server ends the call.
    assertFails(Reason.DEADLINE_EXCEEDED, () -> impatient.get(KEY));
    System.out.println("deadline of the server");
    cancel(kept);
    System.out.println("cancel");
    putAndGet(kept, "large", patterned(4 << 20));
    System.out.println("4 MiB");
  }

  private KeyValueServiceBlockingStub inSession(String token) {
    return KeyValueServiceGrpc.newBlockingStub(channel).withInterceptors(Prism.session(token));
  }

  private static void putAndGet(KeyValueServiceBlockingStub store, String key, ByteString value) {
    PutResponse put = store.put(put(key, value).build());
    Item item = store.get(get(key)).getItem();
    assertThat(item.getValue().equals(value)).as("the value is what was put").isTrue();
    assertThat(item.getEtag()).isEqualTo(put.getEtag());
  }

  /** Ten items of 100 kB: more than one message, and more than the window of a stream. */
  private static void scan(KeyValueServiceBlockingStub store) {
    ByteString value = patterned(100_000);
    BatchPutRequest.Builder batch = BatchPutRequest.newBuilder().setCollection(COLLECTION);
    for (int i = 0; i < 10; i++) {
      batch.addEntries(
          BatchPutEntry.newBuilder()
              .setKey("scan-" + i)
              .setPartitionKey("scanned")
              .setValue(value));
    }
    assertThat(store.batchPut(batch.build()).getResultsList())
        .hasSize(10)
        .allMatch(BatchPutResult::hasSuccess);
    List<ScanResponse> messages = new ArrayList<>();
    store
        .scan(ScanRequest.newBuilder().setCollection(COLLECTION).setPartitionKey("scanned").build())
        .forEachRemaining(messages::add);
    assertThat(messages).as("a stream").hasSizeGreaterThan(1);
    List<ScanEntry> entries =
        messages.stream().flatMap(message -> message.getEntriesList().stream()).toList();
    assertThat(entries)
        .extracting(ScanEntry::getKey)
        .containsExactly(
            batch.getEntriesList().stream().map(BatchPutEntry::getKey).toArray(String[]::new));
    assertThat(entries).allMatch(entry -> entry.getItem().getValue().equals(value));
  }

  /** The client's own deadline, on a call that the stopped backend never answers. */
  private static void deadline(KeyValueServiceBlockingStub store) {
    StatusRuntimeException late =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> store.withDeadlineAfter(300, TimeUnit.MILLISECONDS).get(KEY));
    assertThat(late.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
  }

  /** Once a later call on the same connection was answered, the first one has been sent, too. */
  private void cancel(KeyValueServiceBlockingStub kept) {
    CompletableFuture<GetResponse> ended = new CompletableFuture<>();
    try (Context.CancellableContext context = Context.current().withCancellation()) {
      context.run(
          () ->
              KeyValueServiceGrpc.newStub(channel)
                  .withInterceptors(Prism.session(System.getenv("STOPPED_SESSION")))
                  .get(KEY, new Ended(ended)));
      kept.get(KEY);
      context.cancel(null);
    }
    assertThat(ended)
        .failsWithin(Duration.ofSeconds(10))
        .withThrowableThat()
        .havingCause()
        .matches(cause -> Status.fromThrowable(cause).getCode() == Status.Code.CANCELLED);
    kept.get(KEY);
  }

  /** How an asynchronous call ended. */
  private record Ended(CompletableFuture<GetResponse> answer)
      implements StreamObserver<GetResponse> {
    @Override
    public void onNext(GetResponse response) {
      answer.complete(response);
    }

    @Override
    public void onError(Throwable failure) {
      answer.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      // The answer has come before.
    }
  }

  private static PutRequest.Builder put(String key, ByteString value) {
    return PutRequest.newBuilder().setCollection(COLLECTION).setKey(key).setValue(value);
  }

  private static GetRequest get(String key) {
    return GetRequest.newBuilder().setCollection(COLLECTION).setKey(key).build();
  }

  /** Bytes of which no two neighbouring kilobytes are the same. */
  private static ByteString patterned(int size) {
    byte[] value = new byte[size];
    for (int i = 0; i < size; i++) {
      value[i] = (byte) (i * 31L % 251);
    }
    return ByteString.copyFrom(value);
  }
}
