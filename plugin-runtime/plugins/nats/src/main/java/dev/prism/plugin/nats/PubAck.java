package dev.prism.plugin.nats;

import java.nio.charset.StandardCharsets;

/**
 * JetStream's answer to a message, of whose JSON only this is read.
 *
 * @param sequence where the message is in its stream
 * @param duplicate whether a message with the same id was there before, at this sequence
 * @param errorCode JetStream's own code, why it was not stored; 0 where it was
 */
record PubAck(long sequence, boolean duplicate, int errorCode) {
  /** Where the answer is none that is known. */
  private static final int UNKNOWN = 500;

  private static final int WRONG_LAST_SEQUENCE = 10071;

  /** The same, said while the message that was quicker is still on its way to other servers. */
  private static final int WRONG_LAST_SEQUENCE_UNDER_WAY = 10164;

  static PubAck of(byte[] json) {
    String text = new String(json, StandardCharsets.UTF_8);
    if (text.contains("\"error\"")) {
      int code = (int) number(text, "\"err_code\"");
      return new PubAck(0, false, code == 0 ? UNKNOWN : code);
    }
    long sequence = number(text, "\"seq\"");
    return new PubAck(sequence, text.contains("\"duplicate\""), sequence == 0 ? UNKNOWN : 0);
  }

  /** Whether it was not stored because its subject has another last message than was expected. */
  boolean isOvertaken() {
    return errorCode == WRONG_LAST_SEQUENCE || errorCode == WRONG_LAST_SEQUENCE_UNDER_WAY;
  }

  /** The number that follows the name, 0 where it is not there. */
  static long number(String text, String name) {
    int at = text.indexOf(name);
    if (at < 0) {
      return 0;
    }
    at += name.length();
    while (at < text.length() && (text.charAt(at) == ':' || text.charAt(at) == ' ')) {
      at++;
    }
    long number = 0;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      number = number * 10 + (text.charAt(at++) - '0');
    }
    return number;
  }
}
