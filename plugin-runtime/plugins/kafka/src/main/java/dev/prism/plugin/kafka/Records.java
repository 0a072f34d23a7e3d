package dev.prism.plugin.kafka;

import dev.prism.sdk.queue.Header;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Stored;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/** Messages as Kafka's records, key and headers in their own places (contract 9). */
final class Records {
  private static final byte[] NONE = {};

  private Records() {}

  static ProducerRecord<byte[], byte[]> of(String topic, Message message) {
    return new ProducerRecord<>(
        topic,
        null,
        null,
        message.key().length == 0 ? null : message.key(),
        message.payload(),
        headers(message.headers()));
  }

  static RecordHeaders headers(List<Header> headers) {
    RecordHeaders own = new RecordHeaders();
    for (Header header : headers) {
      own.add(header.name(), header.value());
    }
    return own;
  }

  static Stored stored(ConsumerRecord<byte[], byte[]> record) {
    return new Stored(
        record.partition(),
        record.offset(),
        id(record.partition(), record.offset()),
        new Message(orNone(record.key()), headers(record), orNone(record.value()), 0),
        record.timestamp());
  }

  static List<Header> headers(ConsumerRecord<byte[], byte[]> record) {
    List<Header> headers = new ArrayList<>();
    for (org.apache.kafka.common.header.Header header : record.headers()) {
      headers.add(new Header(header.key(), orNone(header.value())));
    }
    return headers;
  }

  static String id(int partition, long offset) {
    return partition + "-" + offset;
  }

  /** What a native client left out is empty here. */
  static byte[] orNone(byte @Nullable [] bytes) {
    return bytes == null ? NONE : bytes;
  }
}
