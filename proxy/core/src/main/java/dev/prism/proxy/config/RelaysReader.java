package dev.prism.proxy.config;

import dev.prism.proxy.config.ServerConfig.Backend;
import dev.prism.proxy.config.ServerConfig.Relay;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads {@code mailboxes} of the namespaces: where what is written to them is carried. */
final class RelaysReader {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,128}");

  /** Types that have no mailboxes; what a third party's has is not known here. */
  private static final Set<String> WITHOUT_MAILBOXES =
      Set.of("memory", "redis", "kafka", "nats", "neptune");

  private final Map<String, Backend> backends;

  RelaysReader(Map<String, Backend> backends) {
    this.backends = backends;
  }

  /**
   * The relays of a namespace.
   *
   * @param allowed the backends that it may use; empty: all
   */
  List<Relay> read(List<String> allowed, Section section) {
    List<Relay> relays = new ArrayList<>();
    section.entries(
        "mailboxes",
        (mailbox, settings) -> {
          check(mailbox, settings, "a mailbox");
          String backend =
              backend(allowed, WITHOUT_MAILBOXES, "mailboxes", "the mailbox", settings);
          Section relay = settings.section("relay");
          String topic = relay.string("topic");
          if (topic == null) {
            settings
                .problems()
                .at(
                    settings.line(),
                    relay.path("topic") + " is needed: where messages are carried");
          } else {
            check(topic, relay, "a topic");
          }
          String topicBackend =
              backend(allowed, TopicsReader.WITHOUT_QUEUES, "queues", "the topic", relay);
          relay.end();
          settings.end();
          relays.add(new Relay(mailbox, backend, topic == null ? "" : topic, topicBackend));
        });
    return List.copyOf(relays);
  }

  private static void check(String name, Section section, String what) {
    if (!NAME.matcher(name).matches()) {
      section
          .problems()
          .at(
              section.line(),
              section.path("") + ": " + what + " has 1 to 128 characters of [A-Za-z0-9_.-]");
    }
  }

  private String backend(
      List<String> allowed, Set<String> without, String what, String thing, Section section) {
    List<String> candidates =
        backends.values().stream()
            .filter(backend -> allowed.isEmpty() || allowed.contains(backend.name()))
            .filter(backend -> !without.contains(backend.type()))
            .map(Backend::name)
            .toList();
    return TopicsReader.backend(candidates, what, thing, section);
  }
}
