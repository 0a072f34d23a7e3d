package dev.prism.plugin.nats;

import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Stored;
import io.nats.client.api.MessageInfo;
import io.nats.client.impl.Headers;
import io.nats.client.impl.NatsJetStreamMetaData;
import java.time.ZonedDateTime;
import org.jspecify.annotations.Nullable;

/** Messages of streams as Prism has them. The sequence is the offset, and names the message. */
final class Codec {
  private static final byte[] NONE = {};

  private Codec() {}

  static Stored stored(io.nats.client.Message message, NatsJetStreamMetaData meta) {
    return stored(meta.streamSequence(), message.getHeaders(), message.getData(), meta.timestamp());
  }

  static Stored stored(MessageInfo message) {
    return stored(message.getSeq(), message.getHeaders(), message.getData(), message.getTime());
  }

  private static Stored stored(
      long sequence,
      @Nullable Headers headers,
      byte @Nullable [] payload,
      @Nullable ZonedDateTime time) {
    return new Stored(
        0,
        sequence,
        Long.toString(sequence),
        new Message(Wire.key(headers), Wire.get(headers), payload == null ? NONE : payload, 0),
        time == null ? 0 : time.toInstant().toEpochMilli());
  }

  /** The headers of a message to write, or null where it has none. */
  static @Nullable Headers headers(Message message) {
    if (message.key().length == 0 && message.headers().isEmpty()) {
      return null;
    }
    Headers headers = new Headers();
    if (message.key().length > 0) {
      headers.add(Wire.KEY, Wire.text(message.key()));
    }
    Wire.put(headers, message.headers());
    return headers;
  }
}
