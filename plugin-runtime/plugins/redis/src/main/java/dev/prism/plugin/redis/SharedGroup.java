package dev.prism.plugin.redis;

import dev.prism.sdk.pubsub.Event;
import dev.prism.sdk.pubsub.Fanout;
import dev.prism.sdk.pubsub.Listener;
import java.util.Arrays;

/**
 * This process's part of a queue group: events go to the processes of the group in turn. All of
 * them see the same events and the same news of who is there, in the same order, so that each knows
 * without asking whose turn it is. Called by the listening thread.
 */
final class SharedGroup implements Listener {
  private final Fanout listeners = new Fanout();
  private final String process;
  private int turns; // how many processes there are; 0: it is not known that we are one
  private int turn;
  private int own;

  SharedGroup(String process) {
    this.process = process;
  }

  /** Whose turn it is among this process's own listeners. */
  Fanout listeners() {
    return listeners;
  }

  /** Who is there from now on. */
  void view(byte[] message) {
    String[] processes = Bytes.text(message).split(" ", -1);
    int index = Arrays.asList(processes).indexOf(process);
    turn = 0;
    own = index;
    turns = index < 0 ? 0 : processes.length;
  }

  /** News may have been missed: nothing is ours until there is some. */
  void away() {
    turns = 0;
  }

  @Override
  public void onEvent(String topic, Event event) {
    if (turns > 0) {
      boolean isOurs = turn == own;
      turn = (turn + 1) % turns;
      if (isOurs) {
        listeners.deliver(topic, event);
      }
    }
  }

  @Override
  public boolean isBehind() {
    return false;
  }
}
