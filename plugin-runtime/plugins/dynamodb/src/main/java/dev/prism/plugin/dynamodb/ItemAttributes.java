package dev.prism.plugin.dynamodb;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * How values stand in items of the table. None of the names is a word that expressions reserve.
 * Keys are bytes: their order is the contract's, and U+0000 is a byte as any other.
 */
final class ItemAttributes {
  /** Namespace, collection and partition key, with slashes between them. */
  static final String PARTITION = "pk";

  static final String KEY = "sk";
  static final String BODY = "body";
  static final String ETAG = "etag";

  /** Content type and metadata; not there where there are none. */
  static final String ABOUT = "about";

  /** When it expires, in milliseconds since 1970; not there where it does not. */
  static final String ENDS_MS = "ends_ms";

  /** The same in whole seconds, rounded up: when DynamoDB may remove it. */
  static final String ENDS = "ends";

  /** Of a remembered answer: of the request. */
  static final String FINGERPRINT = "fingerprint";

  /** Of a remembered answer: its bytes. */
  static final String ANSWER = "answer";

  /** What the table has to tell of an item besides its value. */
  static final String ALL_BUT_BODY = String.join(", ", PARTITION, KEY, ETAG, ABOUT, ENDS_MS);

  /**
   * The largest value: an item has at most 400 KiB, and the longest keys, content type and metadata
   * leave 389 of them.
   */
  static final int MOST_VALUE_BYTES = 388 << 10;

  private ItemAttributes() {}

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static AttributeValue binary(byte[] bytes) {
    return AttributeValue.fromB(SdkBytes.fromByteArrayUnsafe(bytes));
  }

  static AttributeValue number(long number) {
    return AttributeValue.fromN(Long.toString(number));
  }

  static byte[] bytes(Map<String, AttributeValue> item, String name) {
    AttributeValue value = item.get(name);
    if (value == null || value.b() == null) {
      throw corrupt("an item in the table has no " + name);
    }
    return value.b().asByteArrayUnsafe();
  }

  private static PrismException corrupt(String message) {
    return PrismException.of(Reason.DATA_CORRUPT, message);
  }

  /** The key of all items of a partition. */
  static AttributeValue partition(String namespace, String collection, String partition) {
    return binary(utf8(namespace + "/" + collection + "/" + partition));
  }

  static Map<String, AttributeValue> key(String namespace, Key key) {
    return Map.of(
        PARTITION,
        partition(namespace, key.collection(), key.partition()),
        KEY,
        binary(utf8(key.key())));
  }

  /**
   * The key of what is remembered under an idempotency key. No collection has an empty name, so
   * that it is no value's.
   */
  static Map<String, AttributeValue> remembered(String namespace, String scope, String key) {
    return Map.of(PARTITION, partition(namespace, "", scope + "/" + key), KEY, binary(utf8(key)));
  }

  /** An item of the table with a value. */
  static Map<String, AttributeValue> item(
      Map<String, AttributeValue> key,
      byte[] value,
      String etag,
      long expiresAtMillis,
      String contentType,
      Map<String, String> metadata) {
    Map<String, AttributeValue> item = HashMap.newHashMap(7);
    item.putAll(key);
    item.put(BODY, binary(value));
    item.put(ETAG, AttributeValue.fromS(etag));
    if (!contentType.isEmpty() || !metadata.isEmpty()) {
      item.put(
          ABOUT,
          binary(
              dev.prism.keyvalue.v1.Item.newBuilder()
                  .setContentType(contentType)
                  .putAllMetadata(metadata)
                  .build()
                  .toByteArray()));
    }
    if (expiresAtMillis != Item.NEVER) {
      item.put(ENDS_MS, number(expiresAtMillis));
      item.put(ENDS, ends(expiresAtMillis));
    }
    return item;
  }

  static AttributeValue ends(long expiresAtMillis) {
    return number(Math.ceilDiv(expiresAtMillis, 1000L));
  }

  static long expiry(Map<String, AttributeValue> item) {
    AttributeValue ends = item.get(ENDS_MS);
    try {
      return ends == null ? Item.NEVER : Long.parseLong(ends.n());
    } catch (NumberFormatException e) {
      throw corrupt("an item in the table has an " + ENDS_MS + " that is no whole number");
    }
  }

  static String etag(Map<String, AttributeValue> item) {
    AttributeValue etag = item.get(ETAG);
    if (etag == null || etag.s() == null) {
      throw corrupt("an item in the table has no " + ETAG);
    }
    return etag.s();
  }

  static String sortKey(Map<String, AttributeValue> item) {
    return new String(bytes(item, KEY), StandardCharsets.UTF_8);
  }

  /** Whether it has not expired. */
  static boolean isLive(Map<String, AttributeValue> item, long now) {
    return expiry(item) > now;
  }

  /** What an item of the table holds; its value is empty where it was not asked for. */
  static Item value(Map<String, AttributeValue> item, boolean withBody) {
    byte[] body = withBody ? bytes(item, BODY) : new byte[0];
    if (!item.containsKey(ABOUT)) {
      return new Item(body, etag(item), expiry(item), "", Map.of());
    }
    try {
      var about = dev.prism.keyvalue.v1.Item.parseFrom(bytes(item, ABOUT));
      return new Item(
          body, etag(item), expiry(item), about.getContentType(), about.getMetadataMap());
    } catch (InvalidProtocolBufferException e) {
      throw corrupt("an item's metadata in the table does not parse");
    }
  }

  /** How DynamoDB counts an item, about: names and values. */
  static long size(Map<String, AttributeValue> item) {
    long size = 0;
    for (Map.Entry<String, AttributeValue> each : item.entrySet()) {
      size += size(each.getKey(), each.getValue());
    }
    return size;
  }

  /** As {@link #size(Map)}, one attribute. */
  static long size(String name, AttributeValue value) {
    return utf8(name).length + size(value);
  }

  private static long size(AttributeValue value) {
    return switch (value.type()) {
      case B -> value.b().asByteArrayUnsafe().length;
      case S -> utf8(value.s()).length;
      case N -> value.n().length();
      case BOOL, NUL, UNKNOWN_TO_SDK_VERSION -> 1;
      case SS -> value.ss().stream().mapToLong(each -> utf8(each).length).sum();
      case NS -> value.ns().stream().mapToLong(String::length).sum();
      case BS -> value.bs().stream().mapToLong(each -> each.asByteArrayUnsafe().length).sum();
      case L -> value.l().stream().mapToLong(each -> 1 + size(each)).sum() + 3;
      case M -> value.m().values().size() + 3 + size(value.m());
    };
  }
}
