package dev.prism.sdk.runtime;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import dev.prism.queue.v1.PartitionOffset;
import dev.prism.queue.v1.PartitionOffsets;
import dev.prism.queue.v1.StartPosition;
import dev.prism.sdk.Capability;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.Header;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Publication;
import dev.prism.sdk.queue.PublishResult;
import dev.prism.sdk.queue.Receipt;
import dev.prism.sdk.queue.Start;
import dev.prism.status.PrismException;
import dev.prism.status.PrismException.Violation;
import dev.prism.status.Reason;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What {@code queue.proto} says of names, sizes and times, checked before a backend is asked. */
final class QueueRules {
  static final int MOST_BATCH = 1000;
  static final int MOST_KEY_BYTES = 1 << 10;
  static final int DEFAULT_IN_FLIGHT = 256;
  static final int MOST_IN_FLIGHT = 10_000;
  static final int DEFAULT_ATTEMPTS = 16;
  static final int MOST_ATTEMPTS = 1000;

  private static final String DEAD = ".dead";
  private static final int MOST_NAME = 128;
  private static final int MOST_HEADERS = 64;
  private static final int MOST_HEADER_BYTES = 32 << 10;
  private static final int MOST_HEADER_VALUE_BYTES = 8 << 10;
  private static final int MOST_REASON_BYTES = 1 << 10;
  private static final int MOST_IDEMPOTENCY_KEY_BYTES = 128;
  private static final String TRACEPARENT = "traceparent";
  private static final long DEFAULT_ACK_MILLIS = TimeUnit.SECONDS.toMillis(30);
  private static final long LEAST_ACK_MILLIS = TimeUnit.SECONDS.toMillis(1);
  private static final long MOST_ACK_MILLIS = TimeUnit.HOURS.toMillis(12);
  private static final long MOST_DELAY_MILLIS = TimeUnit.DAYS.toMillis(30);

  private static final Pattern HEADER_NAME = Pattern.compile("[!-9;-~]{1,255}");

  private final Set<Capability> capabilities;
  private final int maxPayloadBytes;
  private final InstantSource clock;

  QueueRules(Set<Capability> capabilities, int maxPayloadBytes, InstantSource clock) {
    this.capabilities = capabilities;
    this.maxPayloadBytes = maxPayloadBytes;
    this.clock = clock;
  }

  void need(Capability capability) {
    if (!capabilities.contains(capability)) {
      throw PrismException.of(
          Reason.CAPABILITY_UNSUPPORTED,
          "this backend has no " + capability,
          Map.of("capability", capability.name()));
    }
  }

  String topic(String name) {
    return name(name, "topic", Reason.TOPIC_INVALID);
  }

  String group(String name) {
    return name(name, "group", Reason.FIELD_INVALID);
  }

  private static String name(String name, String field, Reason reason) {
    if (!isName(name)) {
      throw invalid(reason, field, "must be 1 to 128 characters of A-Z a-z 0-9 _ . -");
    }
    return name;
  }

  /** Of every message: a loop, which costs a tenth of a pattern's match. */
  private static boolean isName(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean fits =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '_'
              || c == '.'
              || c == '-';
      if (!fits) {
        return false;
      }
    }
    return !name.isEmpty() && name.length() <= MOST_NAME;
  }

  /** Where messages of the topic go that are not delivered any more. */
  static String deadLetterTopic(String topic) {
    return topic.substring(0, Math.min(topic.length(), MOST_NAME - DEAD.length())) + DEAD;
  }

  /**
   * A message to write.
   *
   * @param path where it stands in the request, for what is said of it
   * @param traceparent is kept with it where it has none of its own; or null
   */
  Message message(dev.prism.queue.v1.Message message, String path, @Nullable String traceparent) {
    if (message.getKey().size() > MOST_KEY_BYTES) {
      throw tooLarge(path + "key", MOST_KEY_BYTES);
    }
    if (message.getPayload().size() > maxPayloadBytes) {
      throw tooLarge(path + "payload", maxPayloadBytes);
    }
    return new Message(
        message.getKey().toByteArray(),
        headers(message.getHeadersList(), path + "headers", traceparent),
        message.getPayload().toByteArray(),
        message.hasDeliverAt() ? deliverAt(message.getDeliverAt(), path + "deliver_at") : 0);
  }

  static List<Header> headers(
      List<dev.prism.type.v1.Header> given, String field, @Nullable String traceparent) {
    if (given.size() > MOST_HEADERS) {
      throw invalid(
          Reason.METADATA_INVALID, field, "must have at most " + MOST_HEADERS + " entries");
    }
    if (given.isEmpty() && traceparent == null) {
      return List.of();
    }
    List<Header> headers = new ArrayList<>(given.size() + 1);
    long bytes = 0;
    boolean traced = false;
    for (int i = 0; i < given.size(); i++) {
      String name = given.get(i).getName();
      ByteString value = given.get(i).getValue();
      if (!HEADER_NAME.matcher(name).matches()) {
        throw invalid(
            Reason.METADATA_INVALID,
            field + "[" + i + "].name",
            "must be 1 to 255 characters of visible ASCII without ':'");
      }
      if (name.regionMatches(true, 0, "prism-", 0, 6)) {
        throw invalid(
            Reason.METADATA_INVALID,
            field + "[" + i + "].name",
            "begins with prism-, which is Prism's own; choose another name");
      }
      if (value.size() > MOST_HEADER_VALUE_BYTES) {
        throw invalid(
            Reason.METADATA_INVALID,
            field + "[" + i + "].value",
            "must be at most " + MOST_HEADER_VALUE_BYTES + " bytes");
      }
      bytes += name.length() + value.size();
      traced |= name.equalsIgnoreCase(TRACEPARENT);
      headers.add(new Header(name, value.toByteArray()));
    }
    if (bytes > MOST_HEADER_BYTES) {
      throw invalid(
          Reason.METADATA_INVALID,
          field,
          "must have at most " + MOST_HEADER_BYTES + " bytes of names and values together");
    }
    if (!traced && traceparent != null) {
      headers.add(new Header(TRACEPARENT, traceparent.getBytes(StandardCharsets.US_ASCII)));
    }
    return headers;
  }

  private long deliverAt(Timestamp time, String field) {
    long millis = millis(time, field);
    if (millis <= clock.millis()) {
      return 0;
    }
    need(Capability.DELAYED_DELIVERY);
    if (millis - clock.millis() > MOST_DELAY_MILLIS) {
      throw invalid(Reason.FIELD_INVALID, field, "must be at most 30 days ahead");
    }
    return millis;
  }

  /** Milliseconds since 1970 of a valid time. */
  static long millis(Timestamp time, String field) {
    if (time.getNanos() < 0
        || time.getNanos() > 999_999_999
        || time.getSeconds() < -62_135_596_800L
        || time.getSeconds() > 253_402_300_799L) {
      throw invalid(Reason.FIELD_INVALID, field, "is no time of the years 1 to 9999");
    }
    return time.getSeconds() * 1000 + time.getNanos() / 1_000_000;
  }

  void batchSize(int size, String field) {
    if (size < 1 || size > MOST_BATCH) {
      throw invalid(
          Reason.BATCH_SIZE_INVALID,
          field,
          "must have 1 to " + MOST_BATCH + " entries, not " + size);
    }
  }

  /** How a publication is remembered; null where the request has no idempotency key. */
  Publication.@Nullable Idempotency idempotency(
      String key,
      String scope,
      Supplier<com.google.protobuf.Message> unkeyed,
      Function<List<PublishResult>, byte[]> encode) {
    if (key.isEmpty()) {
      return null;
    }
    idempotencyKey(key, capabilities.contains(Capability.IDEMPOTENCY));
    return new Publication.Idempotency(scope, key, fingerprint(unkeyed.get()), encode);
  }

  /** Refuses an idempotency key that is too long, or unless it is {@code supported}. */
  static void idempotencyKey(String key, boolean supported) {
    noIdempotency(key, supported);
    if (key.getBytes(StandardCharsets.UTF_8).length > MOST_IDEMPOTENCY_KEY_BYTES) {
      throw invalid(
          Reason.IDEMPOTENCY_KEY_INVALID,
          "idempotency_key",
          "must be at most " + MOST_IDEMPOTENCY_KEY_BYTES + " bytes of UTF-8");
    }
  }

  /** Refuses an idempotency key, unless it is {@code supported}. */
  static void noIdempotency(String key, boolean supported) {
    if (!key.isEmpty() && !supported) {
      throw PrismException.of(
          Reason.IDEMPOTENCY_UNSUPPORTED,
          "this method cannot remember idempotency keys here; send the request without one",
          Map.of("capability", Capability.IDEMPOTENCY.name()));
    }
  }

  /** SHA-256 of the message's deterministic encoding: the same for equal messages. */
  static byte[] fingerprint(com.google.protobuf.Message message) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      CodedOutputStream out =
          CodedOutputStream.newInstance(
              new DigestOutputStream(OutputStream.nullOutputStream(), digest));
      out.useDeterministicSerialization();
      message.writeTo(out);
      out.flush();
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    } catch (IOException e) {
      throw new UncheckedIOException("a write to nowhere failed", e);
    }
  }

  /** Where a subscription begins. */
  Start start(dev.prism.queue.v1.Subscription subscription) {
    return switch (subscription.getStartCase()) {
      case POSITION -> place(subscription.getPosition(), "subscription.position");
      case TIME -> time(subscription.getTime(), "subscription.time");
      case OFFSETS -> offsets(subscription.getOffsets(), "subscription.offsets");
      case START_NOT_SET -> new Start.Committed();
    };
  }

  /** A place by name; unspecified is {@code COMMITTED}. */
  static Start place(StartPosition position, String field) {
    return switch (position) {
      case START_POSITION_UNSPECIFIED, START_POSITION_COMMITTED -> new Start.Committed();
      case START_POSITION_EARLIEST -> new Start.Earliest();
      case START_POSITION_LATEST -> new Start.Latest();
      case UNRECOGNIZED -> throw invalid(Reason.FIELD_INVALID, field, "is no position");
    };
  }

  Start time(Timestamp time, String field) {
    need(Capability.SEEK_BY_TIME);
    return new Start.Time(millis(time, field));
  }

  static Start.Offsets offsets(PartitionOffsets given, String field) {
    if (given.getOffsetsCount() == 0 || given.getOffsetsCount() > MOST_BATCH) {
      throw invalid(Reason.FIELD_INVALID, field, "must name 1 to " + MOST_BATCH + " partitions");
    }
    Map<Integer, Long> offsets = new HashMap<>();
    for (PartitionOffset each : given.getOffsetsList()) {
      if (each.getOffset() < 0 || each.getPartition() < 0) {
        throw invalid(Reason.FIELD_INVALID, field, "must not be negative");
      }
      if (offsets.put(each.getPartition(), each.getOffset()) != null) {
        throw invalid(
            Reason.FIELD_INVALID, field, "names partition " + each.getPartition() + " twice");
      }
    }
    return new Start.Offsets(offsets);
  }

  /**
   * @param path where it stands in the request
   */
  static int inFlight(int given, String path) {
    return bounded(given, DEFAULT_IN_FLIGHT, MOST_IN_FLIGHT, path + "max_in_flight");
  }

  static int attempts(int given, String path) {
    return bounded(given, DEFAULT_ATTEMPTS, MOST_ATTEMPTS, path + "max_attempts");
  }

  private static int bounded(int given, int absent, int most, String field) {
    if (given < 0 || given > most) {
      throw invalid(Reason.FIELD_INVALID, field, "must be at most " + most);
    }
    return given == 0 ? absent : given;
  }

  static long ackTimeoutMillis(dev.prism.queue.v1.Subscription subscription) {
    return ackTimeoutMillis(
        subscription.hasAckTimeout(), subscription.getAckTimeout(), "subscription.ack_timeout");
  }

  static long ackTimeoutMillis(boolean given, Duration timeout, String field) {
    return given ? duration(timeout, LEAST_ACK_MILLIS, field, "1 s") : DEFAULT_ACK_MILLIS;
  }

  private static long duration(Duration given, long least, String field, String leastText) {
    long seconds = given.getSeconds();
    boolean plausible =
        seconds >= 0
            && seconds <= MOST_ACK_MILLIS / 1000
            && given.getNanos() >= 0
            && given.getNanos() < 1_000_000_000;
    long millis = plausible ? seconds * 1000 + given.getNanos() / 1_000_000 : -1;
    if (millis < least || millis > MOST_ACK_MILLIS) {
      throw invalid(Reason.FIELD_INVALID, field, "must be from " + leastText + " to 12 h");
    }
    return millis;
  }

  /**
   * What a client says of a delivery.
   *
   * @throws PrismException RECEIPT_INVALID where the receipt is none, or another topic's
   */
  static Ack ack(dev.prism.type.v1.Ack given, String topic, String path) {
    Ack.Outcome outcome =
        switch (given.getOutcomeCase()) {
          case ACK -> new Ack.Outcome.Done();
          case NACK ->
              new Ack.Outcome.Again(
                  given.getNack().hasDelay()
                      ? duration(given.getNack().getDelay(), 0, path + "nack.delay", "0")
                      : 0);
          case REJECT ->
              new Ack.Outcome.Dead(
                  deadLetterTopic(topic),
                  reason(given.getReject().getReason(), path + "reject.reason"));
          case EXTEND ->
              new Ack.Outcome.Extended(
                  duration(given.getExtend().getBy(), LEAST_ACK_MILLIS, path + "extend.by", "1 s"));
          case OUTCOME_NOT_SET ->
              throw invalid(Reason.FIELD_INVALID, path + "outcome", "must be set");
        };
    Receipt receipt = Receipt.decode(given.getReceipt());
    if (receipt == null || !receipt.topic().equals(topic)) {
      throw invalid(
          Reason.RECEIPT_INVALID, path + "receipt", "is no receipt of a delivery of this topic");
    }
    return new Ack(receipt, outcome);
  }

  private static String reason(String reason, String field) {
    if (reason.getBytes(StandardCharsets.UTF_8).length > MOST_REASON_BYTES) {
      throw invalid(
          Reason.FIELD_INVALID, field, "must be at most " + MOST_REASON_BYTES + " bytes of UTF-8");
    }
    return reason;
  }

  static PrismException invalid(Reason reason, String field, String description) {
    return PrismException.invalid(
        reason, field + " " + description, List.of(new Violation(field, description)));
  }

  static PrismException tooLarge(String field, int most) {
    return PrismException.of(
        Reason.VALUE_TOO_LARGE, field + " has more than the " + most + " bytes that fit");
  }
}
