package dev.prism.plugin.postgres;

import dev.prism.sdk.pubsub.Event;
import dev.prism.sdk.pubsub.Listener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;

/** This process's listeners of a queue group: one of them hears what is this process's. */
final class GroupListeners implements Listener {
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private final BooleanSupplier isOurs;
  private int turn; // the listener's thread's own

  /**
   * @param isOurs whether the event that is being handed over is this process's
   */
  GroupListeners(BooleanSupplier isOurs) {
    this.isOurs = isOurs;
  }

  void add(Listener listener) {
    listeners.add(listener);
  }

  /** Whether it was the last. */
  boolean remove(Listener listener) {
    listeners.remove(listener);
    return listeners.isEmpty();
  }

  /** In turn, those that would lose it only where all would. */
  @Override
  public void onEvent(String topic, Event event) {
    if (!isOurs.getAsBoolean()) {
      return;
    }
    Object[] now = listeners.toArray();
    if (now.length == 0) {
      return; // the last has just gone
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

  @Override
  public boolean isBehind() {
    return false; // it is alone in its place
  }
}
