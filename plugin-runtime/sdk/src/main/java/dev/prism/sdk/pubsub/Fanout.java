package dev.prism.sdk.pubsub;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The listeners of one namespace in this process, for a backend that does not match patterns itself
 * or matches them more coarsely: it hands over every event that it hears, and each goes to whom it
 * is for.
 *
 * <p>Safe for any thread; handing an event over takes no lock.
 */
public final class Fanout {
  private final PatternTrie<Hearing> trie = new PatternTrie<>();
  private final Map<GroupName, Group> groups = new ConcurrentHashMap<>();
  private final AtomicInteger size = new AtomicInteger();

  private record GroupName(TopicPattern pattern, String group) {}

  /** One that is told of an event once: a listener or a group. */
  private sealed interface Hearing {
    void hear(String topic, Event event);
  }

  /** A listener of its own; never equal to another. */
  private static final class Lone implements Hearing {
    private final Listener listener;

    Lone(Listener listener) {
      this.listener = listener;
    }

    @Override
    public void hear(String topic, Event event) {
      listener.onEvent(topic, event);
    }
  }

  private static final class Group implements Hearing {
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final AtomicInteger turn = new AtomicInteger();

    /** In turn, those that would lose it only where all would. */
    @Override
    public void hear(String topic, Event event) {
      Object[] now = listeners.toArray();
      if (now.length == 0) {
        return;
      }
      int first = Math.floorMod(turn.getAndIncrement(), now.length);
      Listener chosen = (Listener) now[first];
      for (int i = 1; i < now.length && chosen.isBehind(); i++) {
        Listener other = (Listener) now[(first + i) % now.length];
        if (!other.isBehind()) {
          chosen = other;
        }
      }
      chosen.onEvent(topic, event);
    }
  }

  /** Nobody listens yet. */
  public Fanout() {}

  /** Adds a listener, as {@link PubSub#listen} has it. */
  public Listening add(TopicPattern pattern, String group, Listener listener) {
    size.incrementAndGet();
    if (group.isEmpty()) {
      Lone lone = new Lone(listener);
      trie.add(pattern, lone);
      return () -> {
        trie.remove(pattern, lone);
        size.decrementAndGet();
      };
    }
    GroupName name = new GroupName(pattern, group);
    groups.compute(
        name,
        (key, known) -> {
          Group joined = known == null ? new Group() : known;
          joined.listeners.add(listener);
          trie.add(pattern, joined);
          return joined;
        });
    return () -> {
      groups.computeIfPresent(
          name,
          (key, joined) -> {
            joined.listeners.remove(listener);
            if (joined.listeners.isEmpty()) {
              trie.remove(pattern, joined);
              return null;
            }
            return joined;
          });
      size.decrementAndGet();
    };
  }

  /** Hands an event to each listener, and one of each group, whose pattern matches. */
  public void deliver(String topic, Event event) {
    trie.match(topic, hearing -> hearing.hear(topic, event));
  }

  /** How many listen. */
  public int size() {
    return size.get();
  }
}
