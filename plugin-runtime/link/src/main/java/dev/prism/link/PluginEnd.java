package dev.prism.link;

import java.io.IOException;

/** The plugin's end of a shared-memory link. */
@SuppressWarnings("DoNotCallSuggester")
public final class PluginEnd implements AutoCloseable {
  private PluginEnd() {}

  /**
   * Opens the memory that the proxy made, and checks its size, seals, magic and version before use.
   *
   * @param descriptor the value of {@code PRISM_LINK}
   * @param plugin what this process says of itself; said when {@link #run} starts
   * @throws IOException when there is no such memory, or it is not a link of this version
   */
  public static PluginEnd attach(String descriptor, Hello plugin, CallHandler handler)
      throws IOException {
    throw new IOException("the shared-memory link is not here yet");
  }

  /** What the proxy said of itself. */
  public Hello proxy() {
    throw new IllegalStateException();
  }

  /**
   * Takes calls and hands them to the handler on the calling thread, which must be a platform
   * thread, until {@link #close} or the link breaks.
   *
   * @throws IOException when the proxy's end broke the protocol
   */
  public void run() throws IOException {
    throw new IllegalStateException();
  }

  /** Ends {@link #run}; calls that have not been answered are over. Any thread. */
  @Override
  public void close() {}
}
