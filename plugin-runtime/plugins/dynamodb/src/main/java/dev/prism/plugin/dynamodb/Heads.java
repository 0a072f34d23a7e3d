package dev.prism.plugin.dynamodb;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The heads of mailboxes' keys as this process has written them last, those that were used last.
 * What is written next supposes them, which is a condition of each transaction, and so needs no
 * look at the table: where another process has written meanwhile the supposition is refused, and
 * the table is looked at. Any thread.
 */
final class Heads {
  private static final int MOST = 4096;

  private final LinkedHashMap<Map<String, AttributeValue>, Head> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Map<String, AttributeValue>, Head> eldest) {
          return size() > MOST;
        }
      };

  /**
   * A head. It is never the same twice: each message makes {@code last} larger, and between two of
   * them {@code open} only falls.
   *
   * @param last the last sequence that was given
   * @param open how many messages wait or are delivered
   */
  record Head(long last, long open) {
    static final Head NONE = new Head(0, 0);

    static Head of(Map<String, AttributeValue> item) {
      return new Head(
          MailboxItems.number(item, MailboxItems.LAST),
          MailboxItems.number(item, MailboxItems.OPEN));
    }

    /** With one message more. */
    Head with(long sequence) {
      return new Head(sequence, open + 1);
    }

    /** With one message less. */
    Head less() {
      return new Head(last, open - 1);
    }
  }

  /** What is supposed of the head with this key; null: nothing is. */
  synchronized @Nullable Head of(Map<String, AttributeValue> key) {
    return known.get(key);
  }

  /** It was written. */
  synchronized void written(Map<String, AttributeValue> key, Head head) {
    known.put(key, head);
  }

  /** What became of a write is not known, or it was refused. */
  synchronized void forget(Map<String, AttributeValue> key) {
    known.remove(key);
  }
}
