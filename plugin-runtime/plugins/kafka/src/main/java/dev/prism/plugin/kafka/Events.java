package dev.prism.plugin.kafka;

import dev.prism.sdk.pubsub.Emission;
import dev.prism.sdk.pubsub.Event;
import dev.prism.sdk.queue.Header;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Events as Kafka's records: the topic is the key, the payload the value. Those with the same first
 * token are in the same partition, and so in order.
 */
final class Events {
  private static final String CORRELATION_ID = "prism-correlation-id";
  private static final String REPLY_TO = "prism-reply-to";

  private Events() {}

  static ProducerRecord<byte[], byte[]> record(String topic, int partitions, Emission emission) {
    Event event = emission.event();
    RecordHeaders headers = Records.headers(event.headers());
    if (!event.correlationId().isEmpty()) {
      headers.add(CORRELATION_ID, bytes(event.correlationId()));
    }
    if (!event.replyTo().isEmpty()) {
      headers.add(REPLY_TO, bytes(event.replyTo()));
    }
    return new ProducerRecord<>(
        topic,
        partition(emission.topic(), partitions),
        null,
        bytes(emission.topic()),
        event.payload(),
        headers);
  }

  /** Where events of a topic are: by the token that it begins with. */
  static int partition(String topic, int partitions) {
    int end = topic.indexOf('.');
    String first = end < 0 ? topic : topic.substring(0, end);
    return Math.floorMod(first.hashCode(), partitions);
  }

  static String topic(ConsumerRecord<byte[], byte[]> record) {
    return new String(Records.orNone(record.key()), StandardCharsets.UTF_8);
  }

  static Event event(ConsumerRecord<byte[], byte[]> record) {
    String correlationId = "";
    String replyTo = "";
    List<Header> headers = new ArrayList<>();
    for (Header header : Records.headers(record)) {
      switch (header.name()) {
        case CORRELATION_ID -> correlationId = text(header.value());
        case REPLY_TO -> replyTo = text(header.value());
        default -> headers.add(header);
      }
    }
    return new Event(Records.orNone(record.value()), headers, correlationId, replyTo);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
