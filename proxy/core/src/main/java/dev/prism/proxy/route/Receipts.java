package dev.prism.proxy.route;

import java.util.Base64;

/**
 * What the proxy reads of a receipt, whose text is the plugin runtime's ({@code
 * dev.prism.sdk.queue.Receipt}): which process of the backend has the delivery's stream.
 *
 * <pre>
 *   version 2 | process 2 | owner 8 | partition 4 | offset 8 | token 8
 *   | length of the topic 1 | topic | group
 * </pre>
 */
final class Receipts {
  /** Any process can take it, or none can: it is no receipt. */
  static final int ANY = -1;

  private static final int VERSION = 2;
  private static final int LEAST = 32;
  private static final int LONGEST = 512;

  private Receipts() {}

  /** The process that has the delivery's stream. */
  static int process(String receipt) {
    if (receipt.length() > LONGEST) {
      return ANY;
    }
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(receipt);
    } catch (IllegalArgumentException e) {
      return ANY; // the plugin says so of this one receipt
    }
    if (bytes.length < LEAST || bytes[0] != VERSION) {
      return ANY;
    }
    return ((bytes[1] & 0xff) << 8) | (bytes[2] & 0xff);
  }
}
