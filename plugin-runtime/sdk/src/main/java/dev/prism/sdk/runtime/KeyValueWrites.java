package dev.prism.sdk.runtime;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import dev.prism.keyvalue.v1.BatchDeleteEntry;
import dev.prism.keyvalue.v1.BatchDeleteRequest;
import dev.prism.keyvalue.v1.BatchPutEntry;
import dev.prism.keyvalue.v1.BatchPutRequest;
import dev.prism.keyvalue.v1.CompareAndSwapRequest;
import dev.prism.keyvalue.v1.DeleteRequest;
import dev.prism.keyvalue.v1.ExpireRequest;
import dev.prism.keyvalue.v1.PersistRequest;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.sdk.Capability;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.Write.Condition;
import dev.prism.sdk.keyvalue.Write.Expiry;
import dev.prism.sdk.keyvalue.WriteResult;
import dev.prism.sdk.runtime.UnitWork.Decoded;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Makes units of the KeyValue requests that change something. */
final class KeyValueWrites {
  private final KeyValueRules rules;

  KeyValueWrites(KeyValueRules rules) {
    this.rules = rules;
  }

  Decoded put(PutRequest request) {
    Key key = key(request.getCollection(), request.getKey(), request.getPartitionKey());
    Expiry expiry =
        switch (request.getExpiryCase()) {
          case TTL -> rules.at(request.getTtl(), "ttl");
          case KEEP_TTL -> rules.keep(request.getKeepTtl());
          case EXPIRY_NOT_SET -> rules.never();
        };
    Condition condition =
        switch (request.getPreconditionCase()) {
          case IF_ETAG -> rules.ifEtag(request.getIfEtag(), "");
          case IF_ABSENT -> rules.ifAbsent(request.getIfAbsent());
          case IF_PRESENT -> rules.ifPresent(request.getIfPresent());
          case PRECONDITION_NOT_SET -> rules.none();
        };
    Write write =
        new Write.Put(
            key,
            rules.value(request.getValue(), "value"),
            rules.contentType(request.getContentType(), ""),
            rules.metadata(request.getMetadataMap(), ""),
            expiry,
            condition);
    return single(
        write,
        "Put",
        request.getIdempotencyKey(),
        () -> request.toBuilder().clearIdempotencyKey().build(),
        KeyValueResponses::put);
  }

  Decoded delete(DeleteRequest request) {
    Key key = key(request.getCollection(), request.getKey(), request.getPartitionKey());
    Condition condition =
        switch (request.getPreconditionCase()) {
          case IF_ETAG -> rules.ifEtag(request.getIfEtag(), "");
          case IF_ABSENT -> rules.deleteIfAbsent(request.getIfAbsent());
          case IF_PRESENT -> rules.ifPresent(request.getIfPresent());
          case PRECONDITION_NOT_SET -> rules.none();
        };
    return single(
        new Write.Delete(key, condition),
        "Delete",
        request.getIdempotencyKey(),
        () -> request.toBuilder().clearIdempotencyKey().build(),
        KeyValueResponses::delete);
  }

  Decoded compareAndSwap(CompareAndSwapRequest request) {
    rules.need(Capability.COMPARE_AND_SWAP);
    Key key = key(request.getCollection(), request.getKey(), request.getPartitionKey());
    Expiry expiry =
        switch (request.getExpiryCase()) {
          case TTL -> rules.at(request.getTtl(), "ttl");
          case KEEP_TTL -> rules.keep(request.getKeepTtl());
          case EXPIRY_NOT_SET -> rules.never();
        };
    Write write =
        new Write.CompareAndSwap(
            key,
            request.hasExpectedValue() ? request.getExpectedValue().toByteArray() : null,
            rules.value(request.getNewValue(), "new_value"),
            rules.contentType(request.getContentType(), ""),
            rules.metadata(request.getMetadataMap(), ""),
            expiry);
    return single(
        write,
        "CompareAndSwap",
        request.getIdempotencyKey(),
        () -> request.toBuilder().clearIdempotencyKey().build(),
        KeyValueResponses::compareAndSwap);
  }

  Decoded expire(ExpireRequest request) {
    rules.need(Capability.TTL);
    Key key = key(request.getCollection(), request.getKey(), request.getPartitionKey());
    return single(
        new Write.Expire(key, rules.expiresAt(request.getTtl(), "ttl")),
        "Expire",
        request.getIdempotencyKey(),
        () -> request.toBuilder().clearIdempotencyKey().build(),
        KeyValueResponses::expire);
  }

  Decoded persist(PersistRequest request) {
    rules.need(Capability.TTL);
    Key key = key(request.getCollection(), request.getKey(), request.getPartitionKey());
    return single(
        new Write.Expire(key, Item.NEVER),
        "Persist",
        request.getIdempotencyKey(),
        () -> request.toBuilder().clearIdempotencyKey().build(),
        KeyValueResponses::persist);
  }

  Decoded batchPut(BatchPutRequest request) {
    return batch(
        "BatchPut",
        request.getCollection(),
        request.getEntriesList(),
        this::put,
        request.getAtomic(),
        request.getIdempotencyKey(),
        () -> request.toBuilder().clearIdempotencyKey().build(),
        KeyValueResponses::batchPut);
  }

  private Write put(String collection, BatchPutEntry entry, String path) {
    Expiry expiry =
        switch (entry.getExpiryCase()) {
          case TTL -> rules.at(entry.getTtl(), path + "ttl");
          case KEEP_TTL -> rules.keep(entry.getKeepTtl());
          case EXPIRY_NOT_SET -> rules.never();
        };
    Condition condition =
        switch (entry.getPreconditionCase()) {
          case IF_ETAG -> rules.ifEtag(entry.getIfEtag(), path);
          case IF_ABSENT -> rules.ifAbsent(entry.getIfAbsent());
          case IF_PRESENT -> rules.ifPresent(entry.getIfPresent());
          case PRECONDITION_NOT_SET -> rules.none();
        };
    return new Write.Put(
        rules.key(collection, entry.getKey(), entry.getPartitionKey(), path),
        rules.value(entry.getValue(), path + "value"),
        rules.contentType(entry.getContentType(), path),
        rules.metadata(entry.getMetadataMap(), path),
        expiry,
        condition);
  }

  Decoded batchDelete(BatchDeleteRequest request) {
    return batch(
        "BatchDelete",
        request.getCollection(),
        request.getEntriesList(),
        this::delete,
        request.getAtomic(),
        request.getIdempotencyKey(),
        () -> request.toBuilder().clearIdempotencyKey().build(),
        KeyValueResponses::batchDelete);
  }

  private Write delete(String collection, BatchDeleteEntry entry, String path) {
    Condition condition =
        switch (entry.getPreconditionCase()) {
          case IF_ETAG -> rules.ifEtag(entry.getIfEtag(), path);
          case IF_PRESENT -> rules.ifPresent(entry.getIfPresent());
          case PRECONDITION_NOT_SET -> rules.none();
        };
    return new Write.Delete(
        rules.key(collection, entry.getKey(), entry.getPartitionKey(), path), condition);
  }

  private Key key(String collection, String key, String partition) {
    return rules.key(rules.collection(collection), key, partition, "");
  }

  /** The request without its idempotency key; made only where there is one. */
  @FunctionalInterface
  private interface Unkeyed {
    Message message();
  }

  private Decoded single(
      Write write,
      String method,
      String idempotencyKey,
      Unkeyed request,
      Function<List<WriteResult>, byte[]> encode) {
    String scope = method + "/" + write.key().collection();
    Unit unit = unit(List.of(write), false, scope, idempotencyKey, request, encode);
    return new Decoded(unit, encode, true);
  }

  /** Makes the write of one entry of a batch; {@code path} leads the names of its fields. */
  @FunctionalInterface
  private interface EntryWrite<E> {
    Write of(String collection, E entry, String path);
  }

  private <E> Decoded batch(
      String method,
      String collectionName,
      List<E> entries,
      EntryWrite<E> write,
      boolean atomic,
      String idempotencyKey,
      Unkeyed request,
      Function<List<WriteResult>, byte[]> encode) {
    rules.batchSize(entries.size(), "entries");
    rules.atomic(atomic);
    String collection = rules.collection(collectionName);
    List<Write> writes = new ArrayList<>(entries.size());
    for (E entry : entries) {
      writes.add(write.of(collection, entry, "entries[" + writes.size() + "]."));
    }
    rules.distinct(writes.stream().map(Write::key).toList());
    String scope = method + "/" + collection;
    return new Decoded(unit(writes, atomic, scope, idempotencyKey, request, encode), encode, false);
  }

  private Unit unit(
      List<Write> writes,
      boolean atomic,
      String scope,
      String idempotencyKey,
      Unkeyed request,
      Function<List<WriteResult>, byte[]> encode) {
    Unit.Idempotency idempotency =
        rules.idempotent(idempotencyKey)
            ? new Unit.Idempotency(
                "KeyValue." + scope, idempotencyKey, fingerprint(request.message()), encode)
            : null;
    return new Unit(writes, atomic, idempotency);
  }

  /** SHA-256 of the message's deterministic encoding: the same for equal messages. */
  private static byte[] fingerprint(Message message) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    try {
      CodedOutputStream out =
          CodedOutputStream.newInstance(
              new DigestOutputStream(OutputStream.nullOutputStream(), digest));
      out.useDeterministicSerialization();
      message.writeTo(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("a write to nowhere failed", e);
    }
    return digest.digest();
  }
}
