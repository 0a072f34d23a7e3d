package dev.prism.plugin.nats;

import dev.prism.sdk.queue.Provisioned;
import dev.prism.sdk.queue.Topic;
import dev.prism.sdk.queue.Topics;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import io.nats.client.JetStreamApiException;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamInfo;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The streams of topics: found, and made where they are missing. Safe for any thread. */
final class Streams {
  /** How long the server remembers a message's id; contract 8 asks for 24 h. */
  static final Duration REMEMBERED = Duration.ofHours(25);

  private static final int NAME_IN_USE = 10058;

  private final NatsLink link;
  private final NatsSettings settings;
  private final Topics topics;
  private final Map<String, Stream> known = new ConcurrentHashMap<>();

  /**
   * A stream that was there a moment ago.
   *
   * @param name the stream's
   * @param subject where Prism publishes to it
   */
  record Stream(String name, String subject) {}

  Streams(NatsLink link, NatsSettings settings, Topics topics) {
    this.link = link;
    this.settings = settings;
    this.topics = topics;
  }

  /** The stream of a topic that is there. */
  Stream existing(String namespace, String topic) {
    Stream found = find(topics.of(namespace, topic));
    if (found == null) {
      throw Failures.topicNotFound(topic);
    }
    return found;
  }

  /** The stream of a topic, made where it is missing and may be made. */
  Stream existingOrNew(String namespace, String topic) {
    Topic configured = topics.of(namespace, topic);
    Stream found = find(configured);
    if (found != null) {
      return found;
    }
    if (!configured.create()) {
      throw PrismException.of(
          Reason.NOT_PROVISIONED,
          "the topic '%s' has no stream '%s' and is not to be made: an operator provisions it"
              .formatted(topic, Names.stream(configured.physicalName())));
    }
    return create(configured);
  }

  /** What was known of the topic's stream does not hold any more. */
  void forget(String namespace, String topic) {
    known.remove(topics.of(namespace, topic).physicalName());
  }

  private @Nullable Stream find(Topic topic) {
    Stream stream = known.get(topic.physicalName());
    if (stream != null) {
      return stream;
    }
    StreamInfo info = info(Names.stream(topic.physicalName()));
    return info == null ? null : remember(topic, info.getConfiguration());
  }

  /** What the server says of a stream; null where it is not there. */
  @Nullable StreamInfo info(String stream) {
    try {
      return link.session().management().getStreamInfo(stream);
    } catch (JetStreamApiException e) {
      if (Failures.isNotFound(e)) {
        return null;
      }
      throw Failures.of(e);
    } catch (IOException e) {
      throw Failures.unreachable();
    }
  }

  private Stream create(Topic topic) {
    StreamConfiguration configuration = configuration(topic);
    try {
      link.session().management().addStream(configuration);
    } catch (JetStreamApiException e) {
      StreamInfo info = e.getApiErrorCode() == NAME_IN_USE ? info(configuration.getName()) : null;
      if (info == null) {
        throw Failures.of(e);
      }
      return remember(topic, info.getConfiguration()); // another process was faster
    } catch (IOException e) {
      throw Failures.unreachable();
    }
    return remember(topic, configuration);
  }

  private Stream remember(Topic topic, StreamConfiguration configuration) {
    Stream stream =
        new Stream(
            String.valueOf(configuration.getName()), subject(topic, configuration.getSubjects()));
    known.put(topic.physicalName(), stream);
    return stream;
  }

  /** Prism's own subject, or the one that another's stream takes messages from. */
  private static String subject(Topic topic, @Nullable List<String> subjects) {
    String own = Names.queueSubject(topic.physicalName());
    List<String> all = subjects == null ? List.of() : subjects;
    if (all.contains(own)) {
      return own;
    }
    List<String> literal =
        all.stream().filter(each -> !each.contains("*") && !each.contains(">")).toList();
    if (literal.isEmpty()) {
      throw PrismException.of(
          Reason.NOT_PROVISIONED,
          "the stream '%s' takes messages from patterns only; it needs the subject '%s' as well"
              .formatted(Names.stream(topic.physicalName()), own));
    }
    return literal.getFirst();
  }

  private StreamConfiguration configuration(Topic topic) {
    Duration kept = Duration.ofMillis(topic.retentionMillis());
    StreamConfiguration.Builder builder =
        StreamConfiguration.builder()
            .name(Names.stream(topic.physicalName()))
            .subjects(Names.queueSubject(topic.physicalName()))
            .storageType(StorageType.File)
            .retentionPolicy(RetentionPolicy.Limits)
            .replicas(topic.replicas() == 0 ? settings.replicas() : topic.replicas())
            .allowDirect(true)
            .duplicateWindow(kept.isZero() || kept.compareTo(REMEMBERED) > 0 ? REMEMBERED : kept);
    if (topic.retentionMillis() > 0) {
      builder.maxAge(kept);
    }
    if (topic.retentionBytes() > 0) {
      builder.maxBytes(topic.retentionBytes());
    }
    return builder.build();
  }

  Provisioned provision(String namespace, String name, boolean dryRun) {
    Topic topic = topics.of(namespace, name);
    StreamConfiguration wanted = configuration(topic);
    StreamInfo info = info(Names.stream(topic.physicalName()));
    if (info == null) {
      if (!dryRun) {
        create(topic);
      }
      return new Provisioned(Provisioned.Change.CREATE, settings(wanted));
    }
    String is = settings(info.getConfiguration());
    return is.equals(settings(wanted))
        ? new Provisioned(Provisioned.Change.NONE, is)
        : new Provisioned(Provisioned.Change.DIFFERS, is + "; configured: " + settings(wanted));
  }

  private static String settings(StreamConfiguration stream) {
    Duration age = stream.getMaxAge();
    return "stream %s, subjects %s, replicas %d, kept %s and %s"
        .formatted(
            stream.getName(),
            String.join(",", stream.getSubjects()),
            stream.getReplicas(),
            age == null || age.isZero() ? "for ever" : age.toString(),
            stream.getMaxBytes() <= 0 ? "of any size" : stream.getMaxBytes() + " bytes");
  }
}
