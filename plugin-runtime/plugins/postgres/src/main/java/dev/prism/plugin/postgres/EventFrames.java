package dev.prism.plugin.postgres;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.prism.sdk.pubsub.Emission;
import dev.prism.sdk.pubsub.Event;
import dev.prism.sdk.queue.Header;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * How events stand in notifications and stored bodies: the number of the first, the namespace, and
 * then topic and event ({@code Event} of pubsub.proto) by turns, each with its length before it.
 */
final class EventFrames {
  private static final int LENGTHS = 2 * Integer.BYTES;

  private EventFrames() {}

  /**
   * Events of a namespace.
   *
   * @param first the number of the first; those of the others follow
   */
  record Frame(long first, String namespace, List<Emission> emissions) {}

  /** Puts as many events into each frame as {@code most} bytes hold, at least one. */
  static List<byte[]> frames(String namespace, List<Emission> emissions, long first, int most) {
    List<byte[]> frames = new ArrayList<>();
    byte[] name = namespace.getBytes(StandardCharsets.UTF_8);
    int head = Long.BYTES + Integer.BYTES + name.length;
    List<byte[]> parts = new ArrayList<>();
    int size = head;
    long number = first;
    for (Emission emission : emissions) {
      byte[] topic = emission.topic().getBytes(StandardCharsets.UTF_8);
      byte[] event = encode(emission.event());
      int more = LENGTHS + topic.length + event.length;
      if (!parts.isEmpty() && size + more > most) {
        frames.add(frame(number, name, parts, size));
        number += parts.size() / 2;
        parts.clear();
        size = head;
      }
      parts.add(topic);
      parts.add(event);
      size += more;
    }
    if (!parts.isEmpty()) {
      frames.add(frame(number, name, parts, size));
    }
    return frames;
  }

  private static byte[] frame(long first, byte[] namespace, List<byte[]> parts, int size) {
    ByteBuffer frame = ByteBuffer.allocate(size);
    frame.putLong(first).putInt(namespace.length).put(namespace);
    for (byte[] part : parts) {
      frame.putInt(part.length).put(part);
    }
    return frame.array();
  }

  /**
   * Reads a frame.
   *
   * @throws PrismException DATA_CORRUPT: it is of somebody else, or of a newer build
   */
  static Frame read(byte[] bytes) {
    try {
      ByteBuffer frame = ByteBuffer.wrap(bytes);
      long first = frame.getLong();
      String namespace = text(frame);
      List<Emission> emissions = new ArrayList<>();
      while (frame.hasRemaining()) {
        emissions.add(new Emission(text(frame), decode(part(frame))));
      }
      return new Frame(first, namespace, emissions);
    } catch (BufferUnderflowException | InvalidProtocolBufferException e) {
      throw PrismException.of(Reason.DATA_CORRUPT, "a notification is no event of this product");
    }
  }

  private static byte[] part(ByteBuffer frame) {
    int length = frame.getInt();
    if (length < 0 || length > frame.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] part = new byte[length];
    frame.get(part);
    return part;
  }

  private static String text(ByteBuffer frame) {
    return new String(part(frame), StandardCharsets.UTF_8);
  }

  private static byte[] encode(Event event) {
    dev.prism.pubsub.v1.Event.Builder stored =
        dev.prism.pubsub.v1.Event.newBuilder()
            .setPayload(ByteString.copyFrom(event.payload()))
            .setCorrelationId(event.correlationId())
            .setReplyTo(event.replyTo());
    for (Header header : event.headers()) {
      stored
          .addHeadersBuilder()
          .setName(header.name())
          .setValue(ByteString.copyFrom(header.value()));
    }
    return stored.build().toByteArray();
  }

  private static Event decode(byte[] bytes) throws InvalidProtocolBufferException {
    var stored = dev.prism.pubsub.v1.Event.parseFrom(bytes);
    List<Header> headers = new ArrayList<>(stored.getHeadersCount());
    for (var header : stored.getHeadersList()) {
      headers.add(new Header(header.getName(), header.getValue().toByteArray()));
    }
    return new Event(
        stored.getPayload().toByteArray(), headers, stored.getCorrelationId(), stored.getReplyTo());
  }
}
