package dev.prism.proxy.config;

import dev.prism.proxy.config.ServerConfig.Backend;
import dev.prism.proxy.config.ServerConfig.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads {@code provision} and {@code topics} of the namespaces. */
final class TopicsReader {
  private static final Pattern TOPIC = Pattern.compile("[A-Za-z0-9_.-]{1,128}");

  /** Room for the ending of a dead-letter topic within what brokers take, 249 characters. */
  private static final Pattern PHYSICAL = Pattern.compile("[A-Za-z0-9_.-]{1,240}");

  private static final String DEAD = ".dead";
  private static final int MOST_NAME = 128;
  private static final int MOST_PARTITIONS = 10_000;
  private static final int MOST_REPLICAS = 100;
  private static final Duration LEAST_RETENTION = Duration.ofSeconds(1);
  private static final Duration MOST_RETENTION = Duration.ofDays(3650);
  private static final long LEAST_RETENTION_BYTES = 1 << 20;
  private static final long MOST_RETENTION_BYTES = 1L << 50;

  /** Types that have no queues; what a third party's has is not known here. */
  static final Set<String> WITHOUT_QUEUES = Set.of("dynamodb", "neptune");

  private final Map<String, Backend> backends;
  private final Collection<String> namespaces;

  /** Where a physical name was given first, by backend and name. */
  private final Map<String, String> taken = new HashMap<>();

  TopicsReader(Map<String, Backend> backends, Collection<String> namespaces) {
    this.backends = backends;
    this.namespaces = namespaces;
  }

  /** Whether topics of the namespace that are not there are refused. */
  boolean requires(Section namespace) {
    String provision = namespace.string("provision");
    if (provision != null && !provision.equals("create") && !provision.equals("require")) {
      namespace
          .problems()
          .at(
              namespace.line("provision"),
              namespace.path("provision")
                  + " is create or require, not \""
                  + provision
                  + "\""
                  + Names.suggest(provision, List.of("create", "require")));
    }
    return "require".equals(provision);
  }

  /**
   * The topics of a namespace.
   *
   * @param allowed the backends that it may use; empty: all
   */
  List<Topic> read(String namespace, List<String> allowed, Section section) {
    List<String> candidates =
        backends.values().stream()
            .filter(backend -> allowed.isEmpty() || allowed.contains(backend.name()))
            .filter(backend -> !WITHOUT_QUEUES.contains(backend.type()))
            .map(Backend::name)
            .toList();
    Set<String> given = new HashSet<>();
    List<Topic> topics = new ArrayList<>();
    section.entries(
        "topics",
        (name, topic) -> {
          if (!TOPIC.matcher(name).matches()) {
            topic
                .problems()
                .at(
                    topic.line(),
                    section.path("topics." + name)
                        + ": a topic has 1 to 128 characters of [A-Za-z0-9_.-]");
          }
          given.add(name);
          topics.add(topic(namespace, name, candidates, topic));
          topic.end();
        });
    List<Topic> all = new ArrayList<>();
    for (Topic topic : topics) {
      all.add(topic);
      String letters = deadLetterTopic(topic.name());
      if (!topic.name().endsWith(DEAD) && !given.contains(letters)) {
        all.add(
            new Topic(
                letters,
                topic.backend(),
                topic.physicalName() + DEAD,
                topic.partitions(),
                topic.replicas(),
                topic.retention(),
                topic.retentionBytes()));
      }
    }
    return List.copyOf(all);
  }

  /** As the plugins' runtime names it (docs/queue.md). */
  private static String deadLetterTopic(String topic) {
    return topic.substring(0, Math.min(topic.length(), MOST_NAME - DEAD.length())) + DEAD;
  }

  private Topic topic(String namespace, String name, List<String> candidates, Section section) {
    String backend = backend(candidates, "queues", "the topic", section);
    String usual = namespace + "." + name;
    String physical = section.string("name");
    if (physical != null) {
      checkPhysical(usual, physical, section);
    } else {
      physical = usual;
    }
    String first = taken.putIfAbsent(backend + "/" + physical, section.path("name"));
    if (first != null) {
      section
          .problems()
          .at(
              section.line("name"),
              section.path("name")
                  + ": another topic of backend \""
                  + backend
                  + "\" is called "
                  + physical
                  + ", at "
                  + first);
    }
    return new Topic(
        name,
        backend,
        physical,
        section.integer("partitions", 0, 1, MOST_PARTITIONS),
        section.integer("replicas", 0, 1, MOST_REPLICAS),
        section.duration("retention", Duration.ZERO, LEAST_RETENTION, MOST_RETENTION),
        section.size("retention_bytes", 0L, LEAST_RETENTION_BYTES, MOST_RETENTION_BYTES));
  }

  /**
   * The instance that {@code backend} names, or the only one that it can be.
   *
   * @param what the instances are to have, in a message
   * @param thing what is there, in a message
   */
  static String backend(List<String> candidates, String what, String thing, Section section) {
    String backend = section.string("backend");
    if (backend != null && candidates.contains(backend)) {
      return backend;
    }
    if (backend != null) {
      section
          .problems()
          .at(
              section.line("backend"),
              section.path("backend")
                  + ": the namespace has no backend \""
                  + backend
                  + "\" with "
                  + what
                  + Names.suggest(backend, candidates));
    } else if (candidates.size() != 1) {
      section
          .problems()
          .at(
              section.line(),
              section.path("backend")
                  + " is needed, to say where "
                  + thing
                  + " is: one of "
                  + candidates);
    }
    return candidates.isEmpty() ? "" : candidates.getFirst();
  }

  /**
   * A name of its own must not be one that another topic has by default: no namespace reaches
   * another's messages.
   */
  private void checkPhysical(String usual, String physical, Section section) {
    if (!PHYSICAL.matcher(physical).matches()) {
      section
          .problems()
          .at(
              section.line("name"),
              section.path("name") + " must have 1 to 240 characters of [A-Za-z0-9_.-]");
    }
    boolean reserved = namespaces.stream().anyMatch(each -> physical.startsWith(each + "."));
    if (reserved && !physical.equals(usual)) {
      section
          .problems()
          .at(
              section.line("name"),
              section.path("name")
                  + ": names that begin with a namespace and \".\" are those of its other topics");
    }
  }
}
