package dev.prism.plugin.redis;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginConfigException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * How the server is reached and used, from the environment. Never printed: it holds the password.
 *
 * @param host the server's host; also the name that its certificate must have
 * @param port its port
 * @param database its database's number
 * @param tls whether to speak TLS, as {@code rediss://} says
 * @param authority the certificates that are trusted, PEM; empty: the JDK's
 * @param certificate this client's certificate and key; empty: none
 * @param user the ACL user; empty: the server's {@code default}
 * @param password its password; empty: none
 * @param timeoutMillis how long a command may take before its connection is given up
 * @param poolSize how many connections serve consumers, and how many read values
 * @param keepMillis how long a message stays that every group has acknowledged
 * @param durable whether the server syncs before it answers; empty: it is asked at the start
 */
record RedisSettings(
    String host,
    int port,
    int database,
    boolean tls,
    Optional<String> authority,
    Optional<Certificate> certificate,
    String user,
    String password,
    int timeoutMillis,
    int poolSize,
    long keepMillis,
    Optional<Boolean> durable) {
  private static final int PORT = 6379;
  private static final int TIMEOUT_MILLIS = 3000;
  private static final int POOL = 4;
  private static final int KEEP_SECONDS = 3600;
  private static final int MOST_KEEP_SECONDS = (int) TimeUnit.DAYS.toSeconds(365);

  /** Who this client is, PEM. */
  record Certificate(String chain, String key) {}

  static RedisSettings of(PluginConfig config) {
    URI url = url(config.required("REDIS_URL"));
    // Named by files: the proxy reads those, and gives what is in them.
    Optional<String> authority = config.secret("REDIS_TLS_CA");
    Optional<String> chain = config.secret("REDIS_TLS_CERT");
    Optional<String> key = config.secret("REDIS_TLS_KEY");
    if (chain.isPresent() != key.isPresent()) {
      throw new PluginConfigException(
          "REDIS_TLS_CERT_FILE", "REDIS_TLS_CERT_FILE and REDIS_TLS_KEY_FILE go together");
    }
    boolean tls = "rediss".equals(url.getScheme());
    if (!tls && (authority.isPresent() || chain.isPresent())) {
      throw new PluginConfigException(
          "REDIS_URL", "must begin with rediss:// where REDIS_TLS_ variables are set");
    }
    return new RedisSettings(
        url.getHost(),
        url.getPort() < 0 ? PORT : url.getPort(),
        database(url),
        tls,
        authority,
        chain.map(own -> new Certificate(own, key.orElseThrow())),
        config.string("REDIS_USER").orElse(""),
        config.secret("REDIS_PASSWORD").orElse(""),
        config.integer("REDIS_TIMEOUT_MS", TIMEOUT_MILLIS, 100, 60_000),
        config.poolSize(POOL),
        TimeUnit.SECONDS.toMillis(
            config.integer("REDIS_QUEUE_KEEP_SECONDS", KEEP_SECONDS, 0, MOST_KEEP_SECONDS)),
        config.string("REDIS_DURABLE").map(set -> config.flag("REDIS_DURABLE", false)));
  }

  private static URI url(String text) {
    try {
      URI url = new URI(text);
      boolean known = "redis".equals(url.getScheme()) || "rediss".equals(url.getScheme());
      if (known && url.getHost() != null && url.getUserInfo() == null && url.getQuery() == null) {
        return url;
      }
    } catch (URISyntaxException e) {
      // Said below, without the text: there may be a password in it.
    }
    throw new PluginConfigException(
        "REDIS_URL",
        "must be redis://HOST:PORT or rediss://HOST:PORT, with /DATABASE if wanted; user and"
            + " password are REDIS_USER and REDIS_PASSWORD");
  }

  private static int database(URI url) {
    String path = url.getPath();
    if (path == null || path.isEmpty() || path.equals("/")) {
      return 0;
    }
    if (!path.matches("/[0-9]{1,5}")) {
      throw new PluginConfigException("REDIS_URL", "what follows the port must be a number");
    }
    return Integer.parseInt(path.substring(1));
  }

  @Override
  public String toString() {
    return (tls ? "rediss://" : "redis://") + host + ":" + port + "/" + database;
  }
}
