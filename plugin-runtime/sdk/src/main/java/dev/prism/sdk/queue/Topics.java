package dev.prism.sdk.queue;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.JsonFormat;
import dev.prism.plugin.v1.ConfiguredTopics;
import dev.prism.plugin.v1.NamespaceTopics;
import dev.prism.plugin.v1.TopicSettings;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The topics as the server is configured: their names at the backend, and how they come to be.
 * Immutable.
 */
public final class Topics {
  private static final Topics UNCONFIGURED = new Topics(Map.of(), Set.of());

  private final Map<Name, Topic> configured;
  private final Set<String> requiring;

  /** A topic of a namespace, as clients name it. */
  public record Name(String namespace, String topic) {}

  /**
   * Topics of which these are configured by name.
   *
   * @param requiring namespaces whose topics are not made by the plugin, configured or not
   */
  public Topics(Map<Name, Topic> configured, Set<String> requiring) {
    this.configured = Map.copyOf(configured);
    this.requiring = Set.copyOf(requiring);
  }

  /** Nothing is configured: every topic has its default name and is made where it is missing. */
  public static Topics unconfigured() {
    return UNCONFIGURED;
  }

  /**
   * What the text of {@code PRISM_TOPICS} says: {@link ConfiguredTopics} in protobuf's JSON form.
   * Fields that this version does not know are left out.
   *
   * @throws IllegalArgumentException where it is no such text
   */
  public static Topics parse(String json) {
    ConfiguredTopics.Builder message = ConfiguredTopics.newBuilder();
    try {
      JsonFormat.parser().ignoringUnknownFields().merge(json, message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("is not the JSON of configured topics", e);
    }
    Map<Name, Topic> configured = new HashMap<>();
    Set<String> requiring = new HashSet<>();
    for (NamespaceTopics each : message.getNamespacesList()) {
      if (each.getRequire()) {
        requiring.add(each.getNamespace());
      }
      for (TopicSettings topic : each.getTopicsList()) {
        configured.put(
            new Name(each.getNamespace(), topic.getTopic()),
            new Topic(
                topic.getPhysicalName().isEmpty()
                    ? physicalName(each.getNamespace(), topic.getTopic())
                    : topic.getPhysicalName(),
                !each.getRequire(),
                topic.getPartitions(),
                topic.getReplicas(),
                Durations.toMillis(topic.getRetention()),
                topic.getRetentionBytes()));
      }
    }
    return new Topics(configured, requiring);
  }

  /** What holds of a topic, configured or not. */
  public Topic of(String namespace, String topic) {
    Topic known = configured.get(new Name(namespace, topic));
    return known != null
        ? known
        : new Topic(physicalName(namespace, topic), !requiring.contains(namespace), 0, 0, 0, 0);
  }

  /**
   * That a topic which is missing may be made.
   *
   * @throws PrismException NOT_PROVISIONED where its namespace requires topics to be there
   */
  public void mayCreate(String namespace, String topic) {
    if (requiring.contains(namespace)) {
      throw PrismException.of(
          Reason.NOT_PROVISIONED,
          "there is no topic '" + topic + "', and its namespace has topics provisioned");
    }
  }

  private static String physicalName(String namespace, String topic) {
    return namespace + "." + topic;
  }

  /** Those that are configured by name. */
  public Map<Name, Topic> configured() {
    return configured;
  }
}
