package dev.prism.sdk.pubsub;

/**
 * Which topics a listener hears: tokens joined with {@code .}, where {@code *} is any one token and
 * {@code >}, which comes last, one or more of them (the meaning is NATS's). Immutable.
 *
 * @param text as it was subscribed; checked before
 */
public record TopicPattern(String text) {
  private static final char SEPARATOR = '.';

  /** Whether it names one topic. */
  public boolean isExact() {
    return text.indexOf('*') < 0 && text.indexOf('>') < 0;
  }

  /** Whether the pattern's tokens are those of {@code topic}. */
  public boolean matches(String topic) {
    int at = 0;
    int in = 0;
    while (true) {
      int end = end(text, at);
      if (end - at == 1 && text.charAt(at) == '>') {
        return true; // the topic has at least one more token, or the loop had ended
      }
      int inEnd = end(topic, in);
      boolean any = end - at == 1 && text.charAt(at) == '*';
      if (!any && (end - at != inEnd - in || !text.regionMatches(at, topic, in, end - at))) {
        return false;
      }
      boolean last = end == text.length();
      boolean lastIn = inEnd == topic.length();
      if (last || lastIn) {
        return last && lastIn;
      }
      at = end + 1;
      in = inEnd + 1;
    }
  }

  /** Where the token that begins at {@code from} ends. */
  static int end(String text, int from) {
    int end = text.indexOf(SEPARATOR, from);
    return end < 0 ? text.length() : end;
  }
}
