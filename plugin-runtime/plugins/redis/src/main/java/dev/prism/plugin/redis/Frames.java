package dev.prism.plugin.redis;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.prism.sdk.pubsub.Event;
import dev.prism.sdk.queue.Header;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Events as messages of a channel, which have no place for more than a payload. An event that has
 * no more is its payload. One with headers, a correlation id or a topic for replies is eight bytes,
 * zero, {@code PRISM}, zero and one, and then a {@code prism.pubsub.v1.Event} as protobuf has it.
 */
final class Frames {
  private static final byte[] MARK = {0, 'P', 'R', 'I', 'S', 'M', 0, 1};

  private Frames() {}

  static byte[] message(Event event) {
    if (event.headers().isEmpty()
        && event.correlationId().isEmpty()
        && event.replyTo().isEmpty()
        && !isFramed(event.payload())) {
      return event.payload();
    }
    dev.prism.pubsub.v1.Event.Builder framed =
        dev.prism.pubsub.v1.Event.newBuilder()
            .setPayload(ByteString.copyFrom(event.payload()))
            .setCorrelationId(event.correlationId())
            .setReplyTo(event.replyTo());
    for (Header header : event.headers()) {
      framed
          .addHeadersBuilder()
          .setName(header.name())
          .setValue(ByteString.copyFrom(header.value()));
    }
    byte[] bytes = framed.build().toByteArray();
    byte[] message = Arrays.copyOf(MARK, MARK.length + bytes.length);
    System.arraycopy(bytes, 0, message, MARK.length, bytes.length);
    return message;
  }

  static Event event(byte[] message) {
    if (!isFramed(message)) {
      return new Event(message, List.of(), "", "");
    }
    try {
      dev.prism.pubsub.v1.Event framed =
          dev.prism.pubsub.v1.Event.parseFrom(
              ByteString.copyFrom(message, MARK.length, message.length - MARK.length));
      List<Header> headers = new ArrayList<>(framed.getHeadersCount());
      for (var header : framed.getHeadersList()) {
        headers.add(new Header(header.getName(), header.getValue().toByteArray()));
      }
      return new Event(
          framed.getPayload().toByteArray(),
          headers,
          framed.getCorrelationId(),
          framed.getReplyTo());
    } catch (InvalidProtocolBufferException e) {
      return new Event(message, List.of(), "", ""); // a native client's own bytes
    }
  }

  private static boolean isFramed(byte[] message) {
    return message.length >= MARK.length
        && Arrays.equals(message, 0, MARK.length, MARK, 0, MARK.length);
  }
}
