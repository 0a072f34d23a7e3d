package dev.prism.plugin.redis;

import dev.prism.sdk.queue.Topic;
import java.util.List;

/**
 * What belongs to one topic at the server. The stream has the topic's physical name; all else
 * begins with that name in braces, so that a cluster keeps it in the same place.
 */
final class TopicKeys {
  private final String prefix;
  private final Topic topic;
  private final byte[] stream;
  private final byte[] channel;

  TopicKeys(Topic topic) {
    this.topic = topic;
    this.prefix = "{" + topic.physicalName() + "}:";
    this.stream = Bytes.of(topic.physicalName());
    this.channel = Bytes.of(channelName());
  }

  Topic topic() {
    return topic;
  }

  byte[] stream() {
    return stream;
  }

  /** Where it is said that something was added to the topic, or came back to one of its groups. */
  String channelName() {
    return prefix + "wake";
  }

  byte[] channel() {
    return channel;
  }

  /** The keys of a group's scripts, in their order. */
  List<byte[]> group(String group) {
    String own = groups() + group + ":";
    return List.of(
        stream,
        Bytes.of(own + "leased"),
        Bytes.of(own + "waiting"),
        Bytes.of(own + "held"),
        Bytes.of(own + "consumers"));
  }

  /** What the keys of groups begin with. */
  String groups() {
    return prefix + "group:";
  }

  /** Where a publication is remembered. */
  byte[] once(String scope, String key) {
    return Bytes.of(prefix + "once:" + scope + ":" + key);
  }
}
