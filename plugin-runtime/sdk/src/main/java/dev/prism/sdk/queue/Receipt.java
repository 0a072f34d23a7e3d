package dev.prism.sdk.queue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Names one delivery: which message, of which group, and which of its deliveries. What a client
 * holds is {@link #encode}'s text, which any process of the backend can read.
 *
 * @param topic the topic that was read
 * @param group the group that it was delivered to; empty: a subscription without one
 * @param owner the subscription that it was delivered to
 * @param partition where the message is
 * @param offset where the message is
 * @param token what tells this delivery from others of the same message
 */
public record Receipt(
    String topic, String group, long owner, int partition, long offset, long token) {
  /** What a client's text may have at most. */
  public static final int MOST_CHARS = 512;

  /** The highest number of a process. */
  public static final int MOST_PROCESS = 0xffff;

  private static final byte VERSION = 2;
  private static final int FIXED = 1 + Short.BYTES + 3 * Long.BYTES + Integer.BYTES + 1;

  /**
   * Text of [A-Za-z0-9_-], at most {@value #MOST_CHARS} long for names of at most 128 bytes.
   *
   * @param process the one that has the delivery's stream, {@code PluginConfig.process()}: the
   *     proxy brings an acknowledgement there while it runs
   */
  public String encode(int process) {
    byte[] topicBytes = topic.getBytes(StandardCharsets.UTF_8);
    byte[] groupBytes = group.getBytes(StandardCharsets.UTF_8);
    ByteBuffer buffer = ByteBuffer.allocate(FIXED + topicBytes.length + groupBytes.length);
    buffer
        .put(VERSION)
        .putShort((short) process)
        .putLong(owner)
        .putInt(partition)
        .putLong(offset)
        .putLong(token);
    buffer.put((byte) topicBytes.length).put(topicBytes).put(groupBytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(buffer.array());
  }

  /** What {@link #encode} made the text of; null where it made no such text. */
  public static @Nullable Receipt decode(String text) {
    if (text.length() > MOST_CHARS) {
      return null;
    }
    ByteBuffer buffer;
    try {
      buffer = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
    } catch (IllegalArgumentException e) {
      return null;
    }
    if (buffer.remaining() < FIXED || buffer.get() != VERSION) {
      return null;
    }
    buffer.getShort(); // the process, which only the proxy asks for
    long owner = buffer.getLong();
    int partition = buffer.getInt();
    long offset = buffer.getLong();
    long token = buffer.getLong();
    int topicLength = buffer.get() & 0xff;
    if (topicLength > buffer.remaining()) {
      return null;
    }
    byte[] topic = new byte[topicLength];
    buffer.get(topic);
    byte[] group = new byte[buffer.remaining()];
    buffer.get(group);
    return new Receipt(
        new String(topic, StandardCharsets.UTF_8),
        new String(group, StandardCharsets.UTF_8),
        owner,
        partition,
        offset,
        token);
  }
}
