package dev.prism.link;

import java.io.IOException;
import java.time.Duration;

/**
 * The proxy's end of a shared-memory link before a plugin has come: it makes the memory, says where
 * it is, and waits for the plugin's {@link Hello}. One per incarnation of a plugin.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class ShmLinkServer implements AutoCloseable {
  private ShmLinkServer() {}

  /**
   * Makes the memory of a link.
   *
   * @param proxy what this process says of itself
   * @throws IOException when the system has no room for it
   */
  public static ShmLinkServer create(LinkConfig config, Hello proxy) throws IOException {
    throw new IOException("the shared-memory link is not here yet");
  }

  /**
   * Where the plugin finds the memory: what it is given in its environment as {@code PRISM_LINK}.
   */
  public String descriptor() {
    throw new IllegalStateException();
  }

  /**
   * Waits until the plugin has said its {@link Hello}. Blocks; interrupting ends the wait.
   *
   * @return the link, up
   * @throws LinkException of kind DOWN when the time is over, the plugin speaks a version that is
   *     not this one or the one before (contract 14), or this was closed
   */
  public Link await(Duration timeout) throws LinkException {
    throw new IllegalStateException();
  }

  /** Ends the link, whether or not the plugin has come. Never blocks, never throws. */
  @Override
  public void close() {}
}
