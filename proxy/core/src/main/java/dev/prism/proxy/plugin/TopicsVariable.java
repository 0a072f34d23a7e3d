package dev.prism.proxy.plugin;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.JsonFormat;
import dev.prism.plugin.v1.ConfiguredTopics;
import dev.prism.plugin.v1.NamespaceTopics;
import dev.prism.plugin.v1.TopicSettings;
import dev.prism.proxy.config.ServerConfig.Namespace;
import dev.prism.proxy.config.ServerConfig.Topic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;

/**
 * What a plugin is told of topics: {@code PRISM_TOPICS}, or a file where that would be too long.
 */
final class TopicsVariable {
  private static final String NAME = "PRISM_TOPICS";

  /** Linux takes variables of up to 128 KiB. */
  private static final int LONGEST = 64 << 10;

  private TopicsVariable() {}

  /**
   * The variable for the plugin of a backend instance; none where there is nothing to say.
   *
   * @param data where the file is kept
   */
  static Map<String, String> of(Collection<Namespace> namespaces, String backend, Path data)
      throws IOException {
    ConfiguredTopics topics = topics(namespaces, backend);
    if (topics.getNamespacesCount() == 0) {
      return Map.of();
    }
    String json = json(topics);
    if (json.length() <= LONGEST) {
      return Map.of(NAME, json);
    }
    Path file = Files.writeString(data.resolve(backend + ".topics.json"), json);
    return Map.of(NAME + "_FILE", file.toAbsolutePath().toString());
  }

  private static String json(ConfiguredTopics topics) {
    try {
      return JsonFormat.printer().omittingInsignificantWhitespace().print(topics);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("an Any of a type that is not ours", e);
    }
  }

  private static ConfiguredTopics topics(Collection<Namespace> namespaces, String backend) {
    ConfiguredTopics.Builder all = ConfiguredTopics.newBuilder();
    for (Namespace namespace : namespaces) {
      NamespaceTopics.Builder own =
          NamespaceTopics.newBuilder()
              .setNamespace(namespace.name())
              .setRequire(namespace.requiresTopics());
      for (Topic topic : namespace.topics()) {
        if (topic.backend().equals(backend)) {
          own.addTopics(settings(topic));
        }
      }
      if (own.getRequire() || own.getTopicsCount() > 0) {
        all.addNamespaces(own);
      }
    }
    return all.build();
  }

  private static TopicSettings settings(Topic topic) {
    TopicSettings.Builder settings =
        TopicSettings.newBuilder()
            .setTopic(topic.name())
            .setPhysicalName(topic.physicalName())
            .setPartitions(topic.partitions())
            .setReplicas(topic.replicas())
            .setRetentionBytes(topic.retentionBytes());
    if (!topic.retention().isZero()) {
      settings.setRetention(Durations.fromMillis(topic.retention().toMillis()));
    }
    return settings.build();
  }
}
