package dev.prism.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import com.google.rpc.Status;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.Item;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.keyvalue.v1.PutResponse;
import dev.prism.keyvalue.v1.ScanEntry;
import dev.prism.keyvalue.v1.ScanRequest;
import dev.prism.keyvalue.v1.ScanResponse;
import dev.prism.sdk.Capability;
import dev.prism.status.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;

/** What a backend gives to the suite, and what the suite's parts share. */
public interface KeyValueFixture {
  /** The backend's type as in {@code required-capabilities.txt}: {@code sqlite}. */
  String backend();

  /** What the backend says it can do. */
  Set<Capability> capabilities();

  /** The service; the same one for all tests of a class or another for each. */
  KeyValueApi api();

  /**
   * Ends the backend's plugin and starts it again on the same data. Called only where a declared
   * capability outlives a restart.
   */
  void restart();

  /** The largest value, in bytes, where the backend takes less than the contract has. */
  default int maxValueBytes() {
    return 16 << 20;
  }

  /**
   * Moves the backend's clock forward where the backend has one that can be moved. Otherwise does
   * nothing: the suite uses short times and waits for them to pass.
   */
  default void advance(Duration time) {}

  /** How many operations at random are compared with a model. */
  default int randomOperations() {
    return Counts.of(100_000, 20_000);
  }

  /** A collection no other test uses. */
  default String newCollection() {
    return "c" + Names.next();
  }

  /** Skips the rest of the test where the backend does not declare {@code capability}. */
  default void needs(Capability capability) {
    assumeTrue(capabilities().contains(capability), () -> backend() + " has no " + capability);
  }

  /** Skips the rest of the test where the backend declares {@code capability}. */
  default void lacks(Capability capability) {
    assumeTrue(!capabilities().contains(capability), () -> backend() + " has " + capability);
  }

  default PutResponse put(String collection, String key, String value) {
    return api()
        .put(
            PutRequest.newBuilder()
                .setCollection(collection)
                .setKey(key)
                .setValue(ByteString.copyFromUtf8(value))
                .build());
  }

  /** The item, or null. */
  default @Nullable Item get(String collection, String key) {
    var response = api().get(GetRequest.newBuilder().setCollection(collection).setKey(key).build());
    return response.hasItem() ? response.getItem() : null;
  }

  /** The value as text, or null where there is no item. */
  default @Nullable String value(String collection, String key) {
    Item item = get(collection, key);
    return item == null ? null : item.getValue().toStringUtf8();
  }

  /** The item, which must be there. */
  default Item present(String collection, String key) {
    Item item = get(collection, key);
    if (item == null) {
      throw new AssertionError("no item under " + key);
    }
    return item;
  }

  default List<ScanEntry> scan(ScanRequest request) {
    List<ScanEntry> entries = new ArrayList<>();
    Iterator<ScanResponse> messages = api().scan(request);
    while (messages.hasNext()) {
      ScanResponse message = messages.next();
      assertThat(message.getEntriesCount()).as("entries in a message").isBetween(1, 1000);
      entries.addAll(message.getEntriesList());
    }
    return entries;
  }

  default List<String> scanKeys(ScanRequest request) {
    return scan(request).stream().map(ScanEntry::getKey).toList();
  }

  /** Asserts that the call is answered with {@code reason} and its status code. */
  static Status assertFails(Reason reason, ThrowingCallable call) {
    Status status = failure(call).status();
    assertReason(reason, status);
    return status;
  }

  /** What {@code call} fails with. */
  static CallFailedException failure(ThrowingCallable call) {
    Throwable thrown = catchThrowable(call);
    assertThat(thrown).isInstanceOf(CallFailedException.class);
    return (CallFailedException) thrown;
  }

  /** Asserts that a status is {@code reason}'s. */
  static void assertReason(Reason reason, Status status) {
    assertThat(CallFailedException.reason(status)).as(status.getMessage()).isEqualTo(reason.name());
    assertThat(status.getCode()).isEqualTo(reason.code().getNumber());
  }

  /** Waits for a thread's end; fails after 30 s. */
  static void join(Thread thread) {
    try {
      assertThat(thread.join(Duration.ofSeconds(30))).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Waits until the condition holds; fails after 20 s. */
  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("not within 20 s: " + what);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  /** Collection names: unique in a run, and very likely so on a server that is used again. */
  final class Names {
    private static final AtomicLong NEXT = new AtomicLong(System.currentTimeMillis() * 1000);

    private Names() {}

    /** A number that no other test uses. */
    static long next() {
      return NEXT.incrementAndGet();
    }
  }
}
