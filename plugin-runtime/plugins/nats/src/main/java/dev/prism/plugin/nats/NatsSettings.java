package dev.prism.plugin.nats;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginConfigException;
import io.nats.client.AuthHandler;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;

/**
 * How the server is reached, from these variables; each secret may be given as {@code NAME_FILE}.
 *
 * <ul>
 *   <li>{@code NATS_URL}: {@code nats://} or {@code tls://} and host and port, several joined with
 *       commas; a secret, because it may hold a password
 *   <li>{@code NATS_USER} and {@code NATS_PASSWORD}; or {@code NATS_TOKEN}; or {@code NATS_NKEY}, a
 *       seed; or {@code NATS_CREDS}, the text of a {@code .creds} file
 *   <li>{@code NATS_TLS_CA}, {@code NATS_TLS_CERT}, {@code NATS_TLS_KEY}: PEM files
 *   <li>{@code NATS_REPLICAS}: copies of a stream where its topic says nothing, 1 to 5
 *   <li>{@code NATS_ACK_WAIT_SECONDS}: when the server delivers again what a plugin that died had,
 *       2 to 300
 *   <li>{@code NATS_TIMEOUT_MILLIS}: how long an answer of the server is awaited, 100 to 60 000
 * </ul>
 *
 * <p>Immutable.
 */
final class NatsSettings {
  private static final Set<String> SCHEMES = Set.of("nats", "tls", "ws", "wss");
  private static final int ACK_WAIT_SECONDS = 10;
  private static final int TIMEOUT_MILLIS = 5000;
  private static final Duration RECONNECT = Duration.ofMillis(100);
  private static final Duration CONNECT = Duration.ofSeconds(2);

  /** Not that of other clients, whose inboxes events may be published to. */
  static final String INBOX = "_INBOX_PRISM.";

  private static final int BUFFER_BYTES = 32 << 10;

  private final PluginConfig config;
  private final List<String> servers;
  private final Optional<SSLContext> tls;
  private final int replicas;
  private final Duration ackWait;
  private final Duration timeout;

  private NatsSettings(PluginConfig config) {
    this.config = config;
    this.servers = servers(config);
    this.tls = NatsTls.of(config);
    this.replicas = config.integer("NATS_REPLICAS", 1, 1, 5);
    this.ackWait =
        Duration.ofSeconds(config.integer("NATS_ACK_WAIT_SECONDS", ACK_WAIT_SECONDS, 2, 300));
    this.timeout =
        Duration.ofMillis(config.integer("NATS_TIMEOUT_MILLIS", TIMEOUT_MILLIS, 100, 60_000));
    options(); // so that wrong credentials are refused at the start
  }

  /**
   * Reads them.
   *
   * @throws PluginConfigException where one is missing or wrong
   */
  static NatsSettings of(PluginConfig config) {
    return new NatsSettings(config);
  }

  private static List<String> servers(PluginConfig config) {
    String urls =
        config
            .secret("NATS_URL")
            .orElseThrow(() -> new PluginConfigException("NATS_URL", "not set"));
    List<String> servers = new ArrayList<>();
    for (String url : urls.split(",", -1)) {
      servers.add(checked(url.strip()));
    }
    return List.copyOf(servers);
  }

  private static String checked(String url) {
    try {
      URI uri = new URI(url);
      String scheme = uri.getScheme();
      if (scheme != null
          && SCHEMES.contains(scheme.toLowerCase(Locale.ROOT))
          && uri.getHost() != null) {
        return url;
      }
    } catch (URISyntaxException e) {
      // Said below; the text itself may hold a password.
    }
    throw new PluginConfigException(
        "NATS_URL", "must be nats://HOST:PORT or tls://HOST:PORT, several joined with commas");
  }

  /** Where the servers are, without what must not be said aloud. */
  String where() {
    return String.join(
        ",",
        servers.stream()
            .map(URI::create)
            .map(uri -> uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort()))
            .toList());
  }

  int replicas() {
    return replicas;
  }

  Duration ackWait() {
    return ackWait;
  }

  Duration timeout() {
    return timeout;
  }

  /** What a connection is made with. */
  Options.Builder options() {
    Options.Builder options =
        Options.builder()
            .servers(servers.toArray(String[]::new))
            .connectionName("prism " + config.instance())
            .connectionTimeout(CONNECT)
            .reconnectDelayHandler(rounds -> RECONNECT)
            .maxReconnects(-1)
            // While there is no connection nothing is kept for later: callers are told at once.
            .reconnectBufferSize(0)
            .bufferSize(BUFFER_BYTES)
            .inboxPrefix(INBOX)
            .pingInterval(Duration.ofSeconds(10))
            .maxPingsOut(3);
    tls.ifPresent(options::sslContext);
    Optional<String> user = config.string("NATS_USER");
    Optional<String> password = config.secret("NATS_PASSWORD");
    Optional<String> token = config.secret("NATS_TOKEN");
    Optional<String> nkey = config.secret("NATS_NKEY");
    Optional<String> creds = config.secret("NATS_CREDS");
    if (user.isPresent() != password.isPresent()) {
      throw new PluginConfigException(
          user.isPresent() ? "NATS_PASSWORD" : "NATS_USER", "not set, but the other of the two is");
    }
    if (List.of(user, token, nkey, creds).stream().filter(Optional::isPresent).count() > 1) {
      throw new PluginConfigException(
          "NATS_USER", "is one of NATS_USER, NATS_TOKEN, NATS_NKEY and NATS_CREDS; keep one");
    }
    user.ifPresent(name -> options.userInfo(name, password.orElse("")));
    token.ifPresent(text -> options.token(text.toCharArray()));
    nkey.ifPresent(
        seed ->
            options.authHandler(
                handler("NATS_NKEY", () -> Nats.staticCredentials(null, seed.toCharArray()))));
    creds.ifPresent(
        text ->
            options.authHandler(
                handler(
                    "NATS_CREDS",
                    () -> Nats.staticCredentials(text.getBytes(StandardCharsets.UTF_8)))));
    return options;
  }

  private static AuthHandler handler(String variable, Supplier<AuthHandler> credentials) {
    try {
      AuthHandler handler = credentials.get();
      handler.sign(new byte[] {1}); // refuses what is no seed
      return handler;
    } catch (RuntimeException e) {
      throw new PluginConfigException(variable, "holds no valid nkey seed"); // its text is secret
    }
  }
}
