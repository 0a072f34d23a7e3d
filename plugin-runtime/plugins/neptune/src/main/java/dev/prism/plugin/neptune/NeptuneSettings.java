package dev.prism.plugin.neptune;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginConfigException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/**
 * How the graph is reached and what of it is served, from these variables; each secret may be given
 * as {@code NAME_FILE}.
 *
 * <ul>
 *   <li>{@code NEPTUNE_ENDPOINT}: {@code https://HOST:PORT} of the cluster's writer, or a host
 *       alone; {@code NEPTUNE_READER_ENDPOINT}: that of its replicas, for reads that may be older
 *   <li>{@code NEPTUNE_LABEL_PREFIXES}: {@code NAMESPACE=PREFIX,...}, see {@link Labels}
 *   <li>{@code NEPTUNE_IAM_AUTH}: whether requests are signed, with {@code AWS_REGION}, {@code
 *       AWS_ACCESS_KEY_ID}, {@code AWS_SECRET_ACCESS_KEY} and {@code AWS_SESSION_TOKEN}
 *   <li>{@code PRISM_CURSOR_KEY}: a secret text that cursors are authenticated with
 *   <li>{@code PRISM_POOL_SIZE}: how many reads run at once, by default {@value #READERS}
 * </ul>
 *
 * @param writer where every acknowledged write is seen
 * @param replicas where reads go that may be older; null: to the writer, too
 * @param signer of requests; null: they are not signed
 * @param cursorKey 32 bytes; null: kept in the graph
 */
@SuppressWarnings("ArrayRecordComponent")
record NeptuneSettings(
    URI writer,
    @Nullable URI replicas,
    Labels labels,
    @Nullable SigV4 signer,
    byte @Nullable [] cursorKey,
    int readers) {
  static final int READERS = 4;

  private static final int PORT = 8182;
  private static final String PATH = "/gremlin";
  private static final int LEAST_KEY = 32;

  /** What Neptune is called in a signature. */
  private static final String SERVICE = "neptune-db";

  /**
   * Reads them.
   *
   * @throws PluginConfigException where one is missing or wrong
   */
  static NeptuneSettings of(PluginConfig config) {
    return new NeptuneSettings(
        endpoint("NEPTUNE_ENDPOINT", config.required("NEPTUNE_ENDPOINT")),
        config
            .string("NEPTUNE_READER_ENDPOINT")
            .map(text -> endpoint("NEPTUNE_READER_ENDPOINT", text))
            .orElse(null),
        Labels.of(config),
        config.flag("NEPTUNE_IAM_AUTH", false) ? signer(config) : null,
        config.secret("PRISM_CURSOR_KEY").map(NeptuneSettings::cursorKey).orElse(null),
        config.poolSize(READERS));
  }

  private static URI endpoint(String variable, String text) {
    try {
      URI given = new URI(text.contains("://") ? text : "https://" + text);
      boolean known = "https".equals(given.getScheme()) || "http".equals(given.getScheme());
      boolean bare =
          given.getUserInfo() == null && given.getQuery() == null && given.getFragment() == null;
      String path = given.getPath();
      if (known
          && bare
          && given.getHost() != null
          && (path.isEmpty() || path.equals("/") || path.equals(PATH))) {
        int port = given.getPort() < 0 ? PORT : given.getPort();
        return new URI(given.getScheme(), null, given.getHost(), port, PATH, null, null);
      }
    } catch (URISyntaxException e) {
      // Said below.
    }
    throw new PluginConfigException(variable, "must be https://HOST:PORT, or a host alone");
  }

  private static SigV4 signer(PluginConfig config) {
    return new SigV4(
        config.required("AWS_ACCESS_KEY_ID"),
        config
            .secret("AWS_SECRET_ACCESS_KEY")
            .orElseThrow(() -> new PluginConfigException("AWS_SECRET_ACCESS_KEY", "not set")),
        config.secret("AWS_SESSION_TOKEN").orElse(null),
        config.required("AWS_REGION"),
        SERVICE);
  }

  private static byte[] cursorKey(String secret) {
    if (secret.length() < LEAST_KEY) {
      throw new PluginConfigException(
          "PRISM_CURSOR_KEY", "must be at least " + LEAST_KEY + " characters that nobody guesses");
    }
    try {
      return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
