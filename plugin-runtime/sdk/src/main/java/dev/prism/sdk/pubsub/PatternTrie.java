package dev.prism.sdk.pubsub;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Values by pattern, found by topic: a node a token, so that a look-up costs what the topic's
 * tokens cost, however many patterns there are.
 *
 * <p>Safe for any thread. Looking up takes no lock; adding and removing exclude each other.
 *
 * @param <T> what is found; compared with {@code equals}
 */
public final class PatternTrie<T> {
  private final Node<T> root = new Node<>();

  private static final class Node<T> {
    /** By token. */
    final Map<String, Node<T>> next = new ConcurrentHashMap<>(2);

    /** Of patterns that end here. */
    final Set<T> here = ConcurrentHashMap.newKeySet(1);

    /** Of patterns that end here with {@code >}. */
    final Set<T> rest = ConcurrentHashMap.newKeySet(1);

    /** After {@code *}. */
    volatile @Nullable Node<T> any;

    boolean isEmpty() {
      return next.isEmpty() && here.isEmpty() && rest.isEmpty() && any == null;
    }
  }

  /** An empty one. */
  public PatternTrie() {}

  /** Adds a value; nothing happens where the pattern has it. */
  public synchronized void add(TopicPattern pattern, T value) {
    String text = pattern.text();
    Node<T> node = root;
    int at = 0;
    while (at <= text.length()) {
      int end = TopicPattern.end(text, at);
      String token = text.substring(at, end);
      if (token.equals(">")) {
        node.rest.add(value);
        return;
      }
      Node<T> following = token.equals("*") ? node.any : node.next.get(token);
      if (following == null) {
        following = new Node<>();
        if (token.equals("*")) {
          node.any = following;
        } else {
          node.next.put(token, following);
        }
      }
      node = following;
      at = end + 1;
    }
    node.here.add(value);
  }

  /** Removes a value of a pattern, and what only that pattern needed. */
  public synchronized void remove(TopicPattern pattern, T value) {
    remove(root, pattern.text(), 0, value);
  }

  private static <T> void remove(Node<T> node, String text, int at, T value) {
    if (at > text.length()) {
      node.here.remove(value);
      return;
    }
    int end = TopicPattern.end(text, at);
    String token = text.substring(at, end);
    if (token.equals(">")) {
      node.rest.remove(value);
      return;
    }
    boolean wild = token.equals("*");
    Node<T> following = wild ? node.any : node.next.get(token);
    if (following == null) {
      return;
    }
    remove(following, text, end + 1, value);
    if (following.isEmpty()) {
      if (wild) {
        node.any = null;
      } else {
        node.next.remove(token);
      }
    }
  }

  /** Gives {@code found} the values of every pattern that matches {@code topic}, in no order. */
  public void match(String topic, Consumer<? super T> found) {
    match(root, topic, 0, found);
  }

  private static <T> void match(Node<T> node, String topic, int at, Consumer<? super T> found) {
    if (at > topic.length()) {
      node.here.forEach(found);
      return;
    }
    node.rest.forEach(found);
    int end = TopicPattern.end(topic, at);
    if (!node.next.isEmpty()) {
      Node<T> following = node.next.get(topic.substring(at, end));
      if (following != null) {
        match(following, topic, end + 1, found);
      }
    }
    Node<T> any = node.any;
    if (any != null) {
      match(any, topic, end + 1, found);
    }
  }
}
