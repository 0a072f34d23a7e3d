package dev.prism.proxy.call;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * The audit log: one line for each event of a session, a key or a config, with who did it and what
 * came of it (RFC 4.4 and 8.4). Goes to the logger {@code audit}, at INFO where it succeeded and at
 * WARN where it was refused. No secret is ever a field of it.
 */
public final class Audit {
  private static final Logger LOG = LoggerFactory.getLogger("audit");

  private Audit() {}

  /**
   * Starts a line; {@code log} ends it.
   *
   * @param event what happened, {@code session.created}
   * @param identity who did it
   * @param namespace where; empty where that does not apply
   */
  public static LoggingEventBuilder done(String event, String identity, String namespace) {
    return line(Level.INFO, event, "success", identity, namespace);
  }

  /** As {@link #done}, for what was tried and refused. */
  public static LoggingEventBuilder refused(String event, String identity, String namespace) {
    return line(Level.WARN, event, "refused", identity, namespace);
  }

  private static LoggingEventBuilder line(
      Level level, String event, String outcome, String identity, String namespace) {
    return LOG.atLevel(level)
        .addKeyValue("event", event)
        .addKeyValue("outcome", outcome)
        .addKeyValue("identity", identity)
        .addKeyValue("namespace", namespace);
  }
}
