package dev.prism.proxy.relay;

import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.metrics.ProxyMetrics;
import dev.prism.proxy.route.Plugins;
import java.util.ArrayList;
import java.util.List;

/** The relays of the server's configuration, each on threads of its own. */
public final class Relays implements AutoCloseable {
  private final List<MailboxRelay> relays = new ArrayList<>();

  /** Starts them; those whose backends are not there yet wait for them. */
  public Relays(ServerConfig config, Plugins plugins, ProxyMetrics metrics) {
    for (ServerConfig.Namespace namespace : config.namespaces().values()) {
      for (ServerConfig.Relay relay : namespace.relays()) {
        MailboxRelay running =
            new MailboxRelay(
                namespace.name(), relay, plugins, metrics.relay(namespace.name(), relay));
        running.start();
        relays.add(running);
      }
    }
  }

  @Override
  public void close() {
    relays.forEach(MailboxRelay::close);
  }
}
