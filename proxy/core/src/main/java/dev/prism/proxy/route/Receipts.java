package dev.prism.proxy.route;

import java.util.Base64;

/**
 * What the proxy reads of a receipt, whose text is the plugin runtime's ({@code
 * dev.prism.sdk.queue.Receipt}): which process of the backend leased the delivery.
 *
 * <pre>
 *   version 1 | owner 8, its upper 2 the process | partition 4 | offset 8 | token 8
 *   | length of the topic 1 | topic | group
 * </pre>
 */
final class Receipts {
  /** Any process can take it, or none can: it is no receipt. */
  static final int ANY = -1;

  private static final int VERSION = 1;
  private static final int TOPIC_LENGTH = 29;
  private static final int LONGEST = 512;

  private Receipts() {}

  /**
   * The process that leased the delivery.
   *
   * @param bound whether the backend keeps all leases in its processes; where not, those of
   *     subscriptions without a group still are
   */
  static int process(String receipt, boolean bound) {
    if (receipt.length() > LONGEST) {
      return ANY;
    }
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(receipt);
    } catch (IllegalArgumentException e) {
      return ANY; // the plugin says so of this one receipt
    }
    if (bytes.length <= TOPIC_LENGTH || bytes[0] != VERSION) {
      return ANY;
    }
    boolean grouped = bytes.length > TOPIC_LENGTH + 1 + (bytes[TOPIC_LENGTH] & 0xff);
    return bound || !grouped ? ((bytes[1] & 0xff) << 8) | (bytes[2] & 0xff) : ANY;
  }
}
