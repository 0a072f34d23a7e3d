package dev.prism.link;

import java.util.Set;

/**
 * The first frame each way (contract 14).
 *
 * @param linkVersion the frame layout the sender speaks; a proxy accepts its own and the one before
 * @param name what the sender is, for people: {@code proxy}, or a plugin's name
 * @param version the sender's product version
 * @param features optional parts of the protocol the sender knows
 * @param maxMessageBytes the largest message the sender takes
 * @param maxPendingBytes how many body bytes of unanswered requests over 1 KiB the sender can hold
 *     at once: a quarter for those of one frame (16 KiB), the rest, and never less than the largest
 *     message, for larger ones; several times {@code maxMessageBytes}, or large requests go one by
 *     one
 */
public record Hello(
    int linkVersion,
    String name,
    String version,
    Set<String> features,
    int maxMessageBytes,
    long maxPendingBytes) {
  /** The frame layout of this build. */
  public static final int LINK_VERSION = 1;
}
