package dev.prism.proxy.gate;

import dev.prism.status.PrismException;

/**
 * What a session may do to what it names (RFC 9.2). Asked on every data call, on its thread: it
 * takes no lock.
 */
@FunctionalInterface
public interface Policy {
  /** A session may do everything in its own namespace. */
  Policy WHOLE_NAMESPACE = call -> {};

  /**
   * Lets the call pass. Session, config and resources are known.
   *
   * @throws PrismException PERMISSION_DENIED
   */
  void check(Passage call);
}
