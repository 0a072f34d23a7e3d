package dev.prism.perf.run;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.perf.load.RequestFrames;
import dev.prism.pubsub.v1.Event;
import dev.prism.pubsub.v1.PubSubServiceGrpc;
import dev.prism.queue.v1.Message;
import dev.prism.queue.v1.PublishRequest;
import dev.prism.queue.v1.QueueServiceGrpc;
import dev.prism.reader.v1.QueryRequest;
import dev.prism.reader.v1.ReaderServiceGrpc;
import dev.prism.transact.v1.DataWrite;
import dev.prism.transact.v1.MailboxMessage;
import dev.prism.transact.v1.TransactServiceGrpc;
import dev.prism.transact.v1.Upsert;
import dev.prism.transact.v1.WriteRequest;
import dev.prism.type.v1.Comparison;
import dev.prism.type.v1.Filter;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import io.grpc.MethodDescriptor;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a scenario calls. Each request holds a number that the load counts up. */
enum Kind {
  KEYVALUE_GET("KEYVALUE"),
  KEYVALUE_PUT("KEYVALUE"),
  QUEUE_PUBLISH("QUEUE"),
  PUBSUB_PUBLISH("PUBSUB"),
  READER_QUERY("READER"),
  TRANSACT_WRITE("TRANSACT");

  /** How many keys and rows there are to read. */
  static final int KEYS = 10_000;

  /** How many keys are written, each in its turn. */
  static final int WRITTEN_KEYS = 10_000;

  static final String TOPIC = "perf";
  static final String ROWS = "perf_rows";
  static final String ORDERS = "perf_orders";
  static final int PAGE_ROWS = 100;

  private static final int GRPC_PREFIX = 5;

  private final String pattern;

  Kind(String pattern) {
    this.pattern = pattern;
  }

  /** By the name that the file of scenarios has: {@code keyvalue.get}. */
  static Kind of(String name) {
    return Arrays.stream(values())
        .filter(kind -> kind.word().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no call '%s'; there are %s"
                        .formatted(
                            name,
                            Arrays.stream(values())
                                .map(Kind::word)
                                .collect(Collectors.joining(", ")))));
  }

  private String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '.');
  }

  /** The name of the config on a backend. */
  String config(String backend) {
    return pattern.toLowerCase(Locale.ROOT) + "-" + backend;
  }

  String pattern() {
    return pattern;
  }

  MethodDescriptor<?, ?> method() {
    return switch (this) {
      case KEYVALUE_GET -> KeyValueServiceGrpc.getGetMethod();
      case KEYVALUE_PUT -> KeyValueServiceGrpc.getPutMethod();
      case QUEUE_PUBLISH -> QueueServiceGrpc.getPublishMethod();
      case PUBSUB_PUBLISH -> PubSubServiceGrpc.getPublishMethod();
      case READER_QUERY -> ReaderServiceGrpc.getQueryMethod();
      case TRANSACT_WRITE -> TransactServiceGrpc.getWriteMethod();
    };
  }

  MessageLite message(int payloadBytes) {
    return switch (this) {
      case KEYVALUE_GET -> get();
      case KEYVALUE_PUT -> put(payloadBytes);
      case QUEUE_PUBLISH -> publish(payloadBytes);
      case PUBSUB_PUBLISH -> event(payloadBytes);
      case READER_QUERY -> page();
      case TRANSACT_WRITE -> order(payloadBytes);
    };
  }

  /** The bytes of the smallest answer that is one. */
  int leastAnswer(int payloadBytes) {
    return switch (this) {
      case KEYVALUE_GET -> GRPC_PREFIX + payloadBytes;
      case PUBSUB_PUBLISH -> GRPC_PREFIX;
      case READER_QUERY -> GRPC_PREFIX + PAGE_ROWS;
      case KEYVALUE_PUT, QUEUE_PUBLISH, TRANSACT_WRITE -> GRPC_PREFIX + 1;
    };
  }

  /** How many numbers a request may hold. */
  int numbers() {
    return switch (this) {
      case KEYVALUE_GET -> KEYS;
      case READER_QUERY -> KEYS - PAGE_ROWS;
      case KEYVALUE_PUT, TRANSACT_WRITE -> WRITTEN_KEYS;
      case QUEUE_PUBLISH, PUBSUB_PUBLISH -> Integer.MAX_VALUE;
    };
  }

  private static MessageLite get() {
    return GetRequest.newBuilder().setCollection("perf").setKey(key()).build();
  }

  private static MessageLite put(int payloadBytes) {
    return PutRequest.newBuilder()
        .setCollection("perf")
        .setKey(key())
        .setValue(payload(payloadBytes))
        .build();
  }

  private static MessageLite publish(int payloadBytes) {
    return PublishRequest.newBuilder()
        .setTopic(TOPIC)
        .setMessage(
            Message.newBuilder()
                .setKey(ByteString.copyFromUtf8(key()))
                .setPayload(payload(payloadBytes)))
        .build();
  }

  private static MessageLite event(int payloadBytes) {
    return dev.prism.pubsub.v1.PublishRequest.newBuilder()
        .setTopic(TOPIC)
        .setEvent(
            Event.newBuilder()
                .setCorrelationId(RequestFrames.NUMBER)
                .setPayload(payload(payloadBytes)))
        .build();
  }

  /** A page of rows from a place that the number says. */
  private static MessageLite page() {
    return QueryRequest.newBuilder()
        .setCollection(ROWS)
        .setFilter(
            Filter.newBuilder()
                .setComparison(
                    Comparison.newBuilder()
                        .setColumn("id")
                        .setOp(Operator.OPERATOR_GREATER_OR_EQUAL)
                        .setValue(text(RequestFrames.NUMBER))))
        .setPageSize(PAGE_ROWS)
        .setLimit(PAGE_ROWS)
        .build();
  }

  private static MessageLite order(int payloadBytes) {
    return WriteRequest.newBuilder()
        .addWrites(
            DataWrite.newBuilder()
                .setTable(ORDERS)
                .setUpsert(
                    Upsert.newBuilder()
                        .putValues("id", text(RequestFrames.NUMBER))
                        .putValues("total", Value.newBuilder().setInt64Value(42).build())))
        .addMessages(
            MailboxMessage.newBuilder().setMailbox("perf").setPayload(payload(payloadBytes)))
        .build();
  }

  private static String key() {
    return "key-" + RequestFrames.NUMBER;
  }

  private static Value text(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }

  private static ByteString payload(int bytes) {
    byte[] payload = "x".repeat(bytes).getBytes(US_ASCII);
    return ByteString.copyFrom(payload);
  }
}
