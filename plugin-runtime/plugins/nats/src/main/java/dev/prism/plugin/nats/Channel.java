package dev.prism.plugin.nats;

import dev.prism.sdk.pubsub.Event;
import dev.prism.sdk.pubsub.Listener;
import io.nats.client.Message;
import io.nats.client.Subscription;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One subscription at the server and those in this process that listen through it: all of them hear
 * an event, or one where they are a queue group. Events come on one thread; changes exclude each
 * other at the owner's.
 */
final class Channel {
  private final Name name;
  private final String prefix;
  private final Function<Message, Event> decoder;
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private @Nullable Session session;
  private @Nullable Subscription subscription;
  private int turn; // the session's thread's own

  /** What tells subscriptions apart. */
  record Name(String namespace, String pattern, String group) {}

  /**
   * @param decoder makes events of what comes
   */
  Channel(Name name, Function<Message, Event> decoder) {
    this.name = name;
    this.decoder = decoder;
    this.prefix = Names.eventSubject(name.namespace(), "");
  }

  void add(Listener listener) {
    listeners.add(listener);
  }

  /** Whether there are others. */
  boolean remove(Listener listener) {
    listeners.remove(listener);
    return !listeners.isEmpty();
  }

  /** Subscribes on a connection, where it has not. */
  synchronized void open(Session on) {
    if (!on.equals(session)) {
      session = on;
      subscription =
          on.subscribeEvents(
              Names.eventSubject(name.namespace(), name.pattern()), name.group(), this::hear);
    }
  }

  private void hear(Message message) {
    String topic = message.getSubject().substring(prefix.length());
    Event event = decoder.apply(message);
    if (name.group().isEmpty()) {
      for (Listener listener : listeners) {
        listener.onEvent(topic, event);
      }
    } else {
      hearOne(topic, event);
    }
  }

  /** In turn, those that would lose it only where all would. */
  private void hearOne(String topic, Event event) {
    Object[] now = listeners.toArray();
    if (now.length == 0) {
      return;
    }
    int first = Math.floorMod(turn++, now.length);
    Listener chosen = (Listener) now[first];
    for (int i = 1; i < now.length && chosen.isBehind(); i++) {
      Listener other = (Listener) now[(first + i) % now.length];
      if (!other.isBehind()) {
        chosen = other;
      }
    }
    chosen.onEvent(topic, event);
  }

  synchronized void close() {
    if (session != null && subscription != null) {
      session.unsubscribeEvents(subscription);
    }
  }
}
