package dev.prism.link;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The proxy's end of a shared-memory link before a plugin has come: it makes the memory, says where
 * it is, and waits for the plugin's {@link Hello}. One per incarnation of a plugin.
 */
public final class ShmLinkServer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ShmLinkServer.class.getName());
  private static final AtomicInteger INCARNATIONS =
      new AtomicInteger((int) ProcessHandle.current().pid() << 12);

  private final SharedMemory memory;
  private final ProxyEnd link;

  private ShmLinkServer(SharedMemory memory, LinkConfig config, Hello proxy) {
    this.memory = memory;
    LinkMemory layout =
        LinkMemory.create(
            memory.bytes(),
            config,
            INCARNATIONS.incrementAndGet(),
            config.portable() ? LinkMemory.POLLING : LinkMemory.FUTEX);
    link = new ProxyEnd(layout, config.replyBudget(), proxy, this::letGo);
  }

  /**
   * Makes the memory of a link.
   *
   * @param proxy what this process says of itself
   * @throws IOException when the system has no room for it
   */
  public static ShmLinkServer create(LinkConfig config, Hello proxy) throws IOException {
    SharedMemory memory =
        SharedMemory.create(LinkMemory.size(config.ringBytes()), config.portable());
    return new ShmLinkServer(memory, config, proxy);
  }

  /**
   * Where the plugin finds the memory: what it is given in its environment as {@code PRISM_LINK}.
   * Good until the plugin has come or this is closed.
   */
  public String descriptor() {
    return memory.descriptor();
  }

  /**
   * Waits until the plugin has said its {@link Hello}. Blocks; interrupting ends the wait.
   *
   * @return the link, up
   * @throws LinkException of kind DOWN when the time is over, the plugin speaks a version that is
   *     not this one or the one before (contract 14), or this was closed
   */
  public Link await(Duration timeout) throws LinkException {
    link.await(timeout);
    letGo(); // nobody else has business with this memory
    return link;
  }

  /** Ends the link, whether or not the plugin has come. Never blocks, never throws. */
  @Override
  public void close() {
    link.close();
  }

  private void letGo() {
    try {
      memory.close();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "a link''s memory file stays behind: {0}", e.getMessage());
    }
  }
}
