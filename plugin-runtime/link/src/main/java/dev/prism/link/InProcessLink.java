package dev.prism.link;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * A link whose plugin lives in the same process: the same rings, deadlines, credit and one consumer
 * thread as between processes, in private memory. For tests and the single-process mode.
 */
public final class InProcessLink {
  private static final System.Logger LOG = System.getLogger(InProcessLink.class.getName());
  private static final int RING_BYTES = 2 << 20;
  private static final int MAX_IN_FLIGHT = 512;
  private static final Duration START = Duration.ofSeconds(10);

  private InProcessLink() {}

  /**
   * Links {@code handler} to this process; its calls come on a thread that the link starts and that
   * ends with it.
   */
  public static Link connect(Hello proxy, Hello plugin, CallHandler handler) {
    return connect(
        new LinkConfig(
            RING_BYTES,
            MAX_IN_FLIGHT,
            new ByteBudget(Math.max(64 << 20, 2L * proxy.maxMessageBytes())),
            true),
        proxy,
        plugin,
        handler);
  }

  /** As {@link #connect(Hello, Hello, CallHandler)} with bounds of one's own. */
  public static Link connect(LinkConfig config, Hello proxy, Hello plugin, CallHandler handler) {
    ByteBuffer bytes = ByteBuffer.allocateDirect(LinkMemory.size(config.ringBytes()));
    LinkMemory memory = LinkMemory.create(bytes, config, 1, LinkMemory.PARKING);
    PluginEnd[] end = new PluginEnd[1];
    ProxyEnd link =
        new ProxyEnd(
            memory,
            config.replyBudget(),
            proxy,
            () -> {
              if (end[0] != null) {
                end[0].close();
              }
            });
    PluginEnd pluginEnd = PluginEnd.attach(memory, plugin, handler);
    end[0] = pluginEnd;
    Thread.ofPlatform()
        .daemon()
        .name("prism-plugin-" + plugin.name())
        .start(() -> run(pluginEnd, link));
    try {
      link.await(START);
    } catch (LinkException e) {
      link.close();
      throw new IllegalStateException("a link within one process did not start", e);
    }
    return link;
  }

  private static void run(PluginEnd end, Link link) {
    try {
      end.run();
    } catch (IOException e) {
      LOG.log(Level.ERROR, "a link within one process broke", e);
    } finally {
      link.close();
    }
  }
}
