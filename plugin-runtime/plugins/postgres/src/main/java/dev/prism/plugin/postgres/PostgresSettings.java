package dev.prism.plugin.postgres;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginConfigException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Where the server is and how it is used.
 *
 * @param url for JDBC, without user and password
 * @param properties the driver's: user, password, TLS
 * @param schema which schema of the database holds the tables
 * @param tablesSchema which schema holds a namespace's own tables; {@code {namespace}} in it stands
 *     for the namespace
 * @param connections how many claims and reads run at once, each on a connection of its own
 * @param acquireMillis how long a call waits for one of them
 * @param keepMillis how long a message stays that every group has acknowledged
 */
record PostgresSettings(
    String url,
    Properties properties,
    String schema,
    String tablesSchema,
    int connections,
    long acquireMillis,
    long keepMillis) {
  private static final int CONNECTIONS = 4;
  private static final String NAMESPACE = "{namespace}";
  private static final int KEEP_SECONDS = 3600;
  private static final int MOST_KEEP_SECONDS = (int) TimeUnit.DAYS.toSeconds(365);
  private static final int ACQUIRE_MILLIS = 5000;

  private static final String EXAMPLE = "postgres://USER@HOST:5432/DATABASE?sslmode=verify-full";
  private static final Pattern SCHEMA = Pattern.compile("[a-z_][a-z0-9_]{0,47}");

  /** What an address may say besides; everything else is the plugin's own affair. */
  private static final Set<String> PARAMETERS =
      Set.of("sslmode", "sslrootcert", "sslcert", "sslkey", "targetServerType", "channelBinding");

  /**
   * Reads {@code DATABASE_URL} ({@code postgres://}, {@code postgresql://} or {@code
   * jdbc:postgresql://}), {@code DATABASE_USER}, {@code DATABASE_PASSWORD} or {@code
   * DATABASE_PASSWORD_FILE}, {@code DATABASE_SCHEMA}, {@code POSTGRES_TABLES_SCHEMA}, {@code
   * PRISM_POOL_SIZE} and {@code POSTGRES_QUEUE_KEEP_SECONDS}.
   *
   * @throws PluginConfigException for one that is missing or wrong; it repeats no secret
   */
  static PostgresSettings of(PluginConfig config) {
    URI address = address(config.required("DATABASE_URL"));
    Properties properties = new Properties();
    Map<String, String> parameters = parameters(address.getRawQuery());
    String user = address.getUserInfo();
    if (user != null && user.contains(":")) {
      throw new PluginConfigException(
          "DATABASE_URL", "must not hold a password: use DATABASE_PASSWORD or _FILE");
    }
    String fromUrl = parameters.remove("user");
    user = config.string("DATABASE_USER").orElse(user == null ? fromUrl : user);
    if (user == null) {
      throw new PluginConfigException("DATABASE_USER", "not set, nor is one in DATABASE_URL");
    }
    properties.setProperty("user", user);
    config.secret("DATABASE_PASSWORD").ifPresent(text -> properties.setProperty("password", text));
    parameters.forEach(properties::setProperty);
    String schema = config.string("DATABASE_SCHEMA").orElse("prism");
    if (!SCHEMA.matcher(schema).matches()) {
      throw new PluginConfigException(
          "DATABASE_SCHEMA", "must be 1 to 48 characters of a-z 0-9 _, no digit first");
    }
    return new PostgresSettings(
        "jdbc:postgresql://"
            + address.getRawAuthority().replaceFirst("^.*@", "")
            + address.getRawPath(),
        properties,
        schema,
        tablesSchema(config, schema),
        config.poolSize(CONNECTIONS),
        config.integer("PRISM_POOL_ACQUIRE_TIMEOUT_MS", ACQUIRE_MILLIS, 0, Integer.MAX_VALUE),
        TimeUnit.SECONDS.toMillis(
            config.integer("POSTGRES_QUEUE_KEEP_SECONDS", KEEP_SECONDS, 0, MOST_KEEP_SECONDS)));
  }

  /** Without a place for the namespace, namespaces would share their tables. */
  private static String tablesSchema(PluginConfig config, String schema) {
    String pattern = config.string("POSTGRES_TABLES_SCHEMA").orElse(NAMESPACE);
    if (!pattern.contains(NAMESPACE) && config.namespace().isEmpty()) {
      throw new PluginConfigException(
          "POSTGRES_TABLES_SCHEMA", "must contain {namespace}, unless PRISM_NAMESPACE is set");
    }
    if (pattern.equals(schema)) {
      throw new PluginConfigException(
          "POSTGRES_TABLES_SCHEMA", "must not be " + schema + ", which holds Prism's own tables");
    }
    return pattern;
  }

  private static URI address(String url) {
    String text = url.startsWith("jdbc:") ? url.substring("jdbc:".length()) : url;
    try {
      URI address = new URI(text);
      String path = address.getRawPath();
      if (("postgres".equals(address.getScheme()) || "postgresql".equals(address.getScheme()))
          && address.getRawAuthority() != null
          && path != null
          && path.length() > 1
          && path.indexOf('/', 1) < 0) {
        return address;
      }
    } catch (URISyntaxException e) {
      // Said below without the text, which may hold a secret.
    }
    throw new PluginConfigException("DATABASE_URL", "must be as " + EXAMPLE);
  }

  private static Map<String, String> parameters(@org.jspecify.annotations.Nullable String query) {
    Map<String, String> parameters = new TreeMap<>();
    if (query == null || query.isEmpty()) {
      return parameters;
    }
    for (String each : query.split("&", -1)) {
      int equals = each.indexOf('=');
      String name = equals < 0 ? each : each.substring(0, equals);
      if (equals < 0 || !(PARAMETERS.contains(name) || name.equals("user"))) {
        throw new PluginConfigException(
            "DATABASE_URL",
            "may have the parameters user, "
                + String.join(", ", PARAMETERS.stream().sorted().toList())
                + " only");
      }
      parameters.put(
          name,
          java.net.URLDecoder.decode(
              each.substring(equals + 1), java.nio.charset.StandardCharsets.UTF_8));
    }
    return parameters;
  }
}
