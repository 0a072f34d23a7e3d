package dev.prism.proxy.session;

import dev.prism.proxy.config.ClientConfigRules;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.config.ServerConfig.Backend;
import dev.prism.proxy.config.ServerConfig.Namespace;
import java.util.function.Predicate;

/**
 * Whether a session of the proxy's last run may go on under the configuration of this one: its
 * namespace and backends are there and still go together, and what it was opened with still counts.
 */
public final class StillAllowed implements Predicate<Session.Details> {
  private final ServerConfig server;
  private final Predicate<String> credentials;

  /**
   * @param credentials whether the credential of an id counts
   */
  public StillAllowed(ServerConfig server, Predicate<String> credentials) {
    this.server = server;
    this.credentials = credentials;
  }

  @Override
  public boolean test(Session.Details session) {
    Namespace namespace = server.namespaces().get(session.namespace());
    boolean known =
        session.credential().isEmpty()
            ? !server.auth().apiKeys()
            : credentials.test(session.credential());
    return known
        && namespace != null
        && session.configs().stream().allMatch(config -> serves(config, namespace));
  }

  private boolean serves(BoundConfig config, Namespace namespace) {
    Backend backend = server.backends().get(config.instance());
    return backend != null
        && ClientConfigRules.type(backend.type()) == config.backendType()
        && (namespace.backends().isEmpty() || namespace.backends().contains(backend.name()));
  }
}
