package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.KeyValueFixture.assertReason;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.BatchDeleteEntry;
import dev.prism.keyvalue.v1.BatchDeleteRequest;
import dev.prism.keyvalue.v1.BatchGetRequest;
import dev.prism.keyvalue.v1.BatchPutEntry;
import dev.prism.keyvalue.v1.BatchPutRequest;
import dev.prism.keyvalue.v1.BatchPutResult;
import dev.prism.keyvalue.v1.CompareAndSwapRequest;
import dev.prism.keyvalue.v1.DeleteRequest;
import dev.prism.keyvalue.v1.ExistsRequest;
import dev.prism.keyvalue.v1.Item;
import dev.prism.keyvalue.v1.KeyRef;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.keyvalue.v1.ScanEntry;
import dev.prism.keyvalue.v1.ScanRequest;
import dev.prism.sdk.Capability;
import dev.prism.status.Reason;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A walk through the interface: each step is an operation at random on a few keys, so that they
 * meet, and its answer is compared with what a map in memory says. All keys are of one partition,
 * so that every backend can scan them.
 */
final class KeyValueWalk {
  private static final String PARTITION = "walk";
  private static final int KEYS = 24;

  private final KeyValueFixture fixture;
  private final String collection;
  private final Random random;
  private final TreeMap<String, Held> model = new TreeMap<>();

  private record Held(ByteString value, String etag) {}

  KeyValueWalk(KeyValueFixture fixture, String collection, Random random) {
    this.fixture = fixture;
    this.collection = collection;
    this.random = random;
  }

  void step() {
    switch (random.nextInt(20)) {
      case 0, 1, 2, 3, 4 -> get();
      case 5 -> exists();
      case 6, 7, 8, 9 -> put();
      case 10, 11 -> conditionalPut();
      case 12, 13 -> delete();
      case 14 -> conditionalDelete();
      case 15, 16 -> swap();
      case 17 -> batchGet();
      case 18 -> batchWrite();
      default -> scan();
    }
  }

  void compareAll() {
    assertThat(scanned(ScanRequest.newBuilder())).isEqualTo(List.copyOf(model.keySet()));
    for (int i = 0; i < KEYS; i++) {
      compare(key(i), read(key(i)));
    }
  }

  private String key() {
    return key(random.nextInt(KEYS));
  }

  private static String key(int number) {
    return (number % 3 == 0 ? "a/" : "b/") + number;
  }

  private ByteString value() {
    byte[] bytes = new byte[random.nextInt(40)];
    random.nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }

  private @Nullable Item read(String key) {
    var response =
        fixture
            .api()
            .get(
                dev.prism.keyvalue.v1.GetRequest.newBuilder()
                    .setCollection(collection)
                    .setPartitionKey(PARTITION)
                    .setKey(key)
                    .build());
    return response.hasItem() ? response.getItem() : null;
  }

  private void compare(String key, @Nullable Item item) {
    Held held = model.get(key);
    if (held == null) {
      assertThat(item).as(key).isNull();
    } else {
      if (item == null) {
        throw new AssertionError("no item under " + key);
      }
      assertThat(item.getValue()).as(key).isEqualTo(held.value());
      assertThat(item.getEtag()).as(key).isEqualTo(held.etag());
    }
  }

  private void get() {
    String key = key();
    compare(key, read(key));
  }

  private void exists() {
    String key = key();
    assertThat(
            fixture
                .api()
                .exists(
                    ExistsRequest.newBuilder()
                        .setCollection(collection)
                        .setPartitionKey(PARTITION)
                        .setKey(key)
                        .build())
                .getExists())
        .isEqualTo(model.containsKey(key));
  }

  private PutRequest.Builder putOf(String key, ByteString value) {
    return PutRequest.newBuilder()
        .setCollection(collection)
        .setPartitionKey(PARTITION)
        .setKey(key)
        .setValue(value);
  }

  private void put(PutRequest request) {
    String etag = fixture.api().put(request).getEtag();
    Held before = model.put(request.getKey(), new Held(request.getValue(), etag));
    assertThat(etag).isNotEmpty().isNotEqualTo(before == null ? "" : before.etag());
  }

  private void put() {
    put(putOf(key(), value()).build());
  }

  private void conditionalPut() {
    if (!fixture.capabilities().contains(Capability.PRECONDITIONS)) {
      put();
      return;
    }
    String key = key();
    Held held = model.get(key);
    PutRequest.Builder put = putOf(key, value());
    switch (random.nextInt(3)) {
      case 0 -> {
        put.setIfAbsent(true);
        if (held != null) {
          assertFails(Reason.KEY_EXISTS, () -> fixture.api().put(put.build()));
          return;
        }
      }
      case 1 -> {
        put.setIfPresent(true);
        if (held == null) {
          assertFails(Reason.KEY_ABSENT, () -> fixture.api().put(put.build()));
          return;
        }
      }
      default -> {
        if (held != null && random.nextBoolean()) {
          put.setIfEtag(held.etag());
        } else {
          put.setIfEtag(etagOfAnother(key));
          assertFails(Reason.ETAG_MISMATCH, () -> fixture.api().put(put.build()));
          return;
        }
      }
    }
    put(put.build());
  }

  /** An etag that the key does not have now. */
  private String etagOfAnother(String key) {
    return model.entrySet().stream()
        .filter(entry -> !entry.getKey().equals(key))
        .map(entry -> entry.getValue().etag())
        .filter(etag -> !model.containsKey(key) || !etag.equals(model.get(key).etag()))
        .findFirst()
        .orElse("999999999999");
  }

  private DeleteRequest.Builder deleteOf(String key) {
    return DeleteRequest.newBuilder()
        .setCollection(collection)
        .setPartitionKey(PARTITION)
        .setKey(key);
  }

  private void delete() {
    String key = key();
    boolean existed = fixture.api().delete(deleteOf(key).build()).getExisted();
    assertThat(existed).isEqualTo(model.remove(key) != null);
  }

  private void conditionalDelete() {
    if (!fixture.capabilities().contains(Capability.PRECONDITIONS)) {
      delete();
      return;
    }
    String key = key();
    Held held = model.get(key);
    if (held != null && random.nextBoolean()) {
      assertThat(fixture.api().delete(deleteOf(key).setIfEtag(held.etag()).build()).getExisted())
          .isTrue();
      model.remove(key);
    } else {
      assertFails(
          Reason.ETAG_MISMATCH,
          () -> fixture.api().delete(deleteOf(key).setIfEtag(etagOfAnother(key)).build()));
    }
  }

  private void swap() {
    if (!fixture.capabilities().contains(Capability.COMPARE_AND_SWAP)) {
      put();
      return;
    }
    String key = key();
    Held held = model.get(key);
    ByteString value = value();
    CompareAndSwapRequest.Builder swap =
        CompareAndSwapRequest.newBuilder()
            .setCollection(collection)
            .setPartitionKey(PARTITION)
            .setKey(key)
            .setNewValue(value);
    boolean right = random.nextBoolean();
    ByteString expected =
        right
            ? (held == null ? null : held.value())
            : (held == null ? value : held.value().concat(ByteString.copyFromUtf8("!")));
    if (expected != null) {
      swap.setExpectedValue(expected);
    }
    var response = fixture.api().compareAndSwap(swap.build());
    assertThat(response.getSwapped()).isEqualTo(right);
    if (right) {
      model.put(key, new Held(value, response.getEtag()));
    } else {
      assertThat(response.hasCurrent()).isEqualTo(held != null);
      if (held != null) {
        assertThat(response.getCurrent().getValue()).isEqualTo(held.value());
      }
    }
  }

  private List<String> someKeys() {
    Set<String> keys = new LinkedHashSet<>();
    for (int i = 0; i <= random.nextInt(6); i++) {
      keys.add(key());
    }
    return List.copyOf(keys);
  }

  private void batchGet() {
    List<String> keys = someKeys();
    BatchGetRequest.Builder request = BatchGetRequest.newBuilder().setCollection(collection);
    keys.forEach(
        key -> request.addKeys(KeyRef.newBuilder().setKey(key).setPartitionKey(PARTITION)));
    var results = fixture.api().batchGet(request.build()).getResultsList();
    assertThat(results).hasSize(keys.size());
    for (int i = 0; i < keys.size(); i++) {
      var success = results.get(i).getSuccess();
      compare(keys.get(i), success.hasItem() ? success.getItem() : null);
    }
  }

  private void batchWrite() {
    if (random.nextBoolean()) {
      batchPut();
    } else {
      batchDelete();
    }
  }

  private void batchPut() {
    boolean conditions = fixture.capabilities().contains(Capability.PRECONDITIONS);
    List<String> keys = someKeys();
    BatchPutRequest.Builder request = BatchPutRequest.newBuilder().setCollection(collection);
    for (String key : keys) {
      BatchPutEntry.Builder entry =
          BatchPutEntry.newBuilder().setKey(key).setPartitionKey(PARTITION).setValue(value());
      if (conditions && random.nextInt(3) == 0) {
        entry.setIfAbsent(true);
      }
      request.addEntries(entry);
    }
    List<BatchPutResult> results = fixture.api().batchPut(request.build()).getResultsList();
    assertThat(results).hasSize(keys.size());
    for (int i = 0; i < keys.size(); i++) {
      BatchPutEntry entry = request.getEntries(i);
      if (entry.getIfAbsent() && model.containsKey(entry.getKey())) {
        assertReason(Reason.KEY_EXISTS, results.get(i).getError());
      } else {
        String etag = results.get(i).getSuccess().getEtag();
        assertThat(etag).isNotEmpty();
        model.put(entry.getKey(), new Held(entry.getValue(), etag));
      }
    }
  }

  private void batchDelete() {
    List<String> keys = someKeys();
    BatchDeleteRequest.Builder request = BatchDeleteRequest.newBuilder().setCollection(collection);
    keys.forEach(
        key ->
            request.addEntries(
                BatchDeleteEntry.newBuilder().setKey(key).setPartitionKey(PARTITION)));
    var results = fixture.api().batchDelete(request.build()).getResultsList();
    assertThat(results).hasSize(keys.size());
    for (int i = 0; i < keys.size(); i++) {
      assertThat(results.get(i).getSuccess().getExisted())
          .isEqualTo(model.remove(keys.get(i)) != null);
    }
  }

  private void scan() {
    ScanRequest.Builder request = ScanRequest.newBuilder();
    List<String> expected = new ArrayList<>(model.keySet());
    if (random.nextBoolean()) {
      request.setPrefix("a/");
      expected.removeIf(key -> !key.startsWith("a/"));
    }
    if (random.nextBoolean()) {
      String after = key();
      request.setStartAfter(after);
      expected.removeIf(key -> key.compareTo(after) <= 0);
    }
    if (random.nextBoolean()) {
      int limit = 1 + random.nextInt(5);
      request.setLimit(limit);
      expected = expected.subList(0, Math.min(limit, expected.size()));
    }
    assertThat(scanned(request)).isEqualTo(expected);
  }

  private List<String> scanned(ScanRequest.Builder request) {
    return fixture
        .scan(request.setCollection(collection).setPartitionKey(PARTITION).build())
        .stream()
        .map(ScanEntry::getKey)
        .toList();
  }
}
