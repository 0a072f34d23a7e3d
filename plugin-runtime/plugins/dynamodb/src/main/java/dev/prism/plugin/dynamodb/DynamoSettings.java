package dev.prism.plugin.dynamodb;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginConfigException;
import dev.prism.sdk.queue.Topics;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.regions.Region;

/**
 * Where the tables are and how they are used, from the environment. Never printed: it holds a
 * secret.
 *
 * @param endpoint what to speak to in place of the region's own; empty: that
 * @param credentials those of the environment; empty: what AWS's chain of providers finds, which is
 *     a profile's file, the container's or the instance's role
 * @param table the table of the values
 * @param tables the names of the tables whose rows are read
 * @param mayCreate whether a namespace lets the plugin make the table where it is missing
 * @param connections how many reads run at once, each on a connection of its own
 */
record DynamoSettings(
    Region region,
    Optional<URI> endpoint,
    Optional<AwsCredentials> credentials,
    String table,
    TableNames tables,
    Predicate<String> mayCreate,
    int connections) {
  private static final int CONNECTIONS = 4;
  private static final Pattern REGION = Pattern.compile("[a-z0-9-]{1,63}");
  private static final Pattern TABLE = Pattern.compile("[A-Za-z0-9_.-]{3,255}");

  /**
   * Reads {@code AWS_REGION}, {@code DYNAMODB_ENDPOINT}, {@code AWS_ACCESS_KEY_ID}, {@code
   * AWS_SECRET_ACCESS_KEY}, {@code AWS_SESSION_TOKEN}, {@code DYNAMODB_TABLE}, {@code
   * DYNAMODB_TABLE_PREFIXES}, {@code PRISM_POOL_SIZE} and {@code PRISM_TOPICS}.
   *
   * @throws PluginConfigException for one that is missing or wrong; it repeats no secret
   */
  static DynamoSettings of(PluginConfig config) {
    Topics topics = config.topics();
    return new DynamoSettings(
        Region.of(matching("AWS_REGION", config.required("AWS_REGION"), REGION, "eu-central-1")),
        config.string("DYNAMODB_ENDPOINT").map(DynamoSettings::endpoint),
        credentials(config),
        matching("DYNAMODB_TABLE", config.string("DYNAMODB_TABLE").orElse("prism"), TABLE, "prism"),
        TableNames.of(config),
        namespace -> topics.of(namespace, "items").create(),
        config.poolSize(CONNECTIONS));
  }

  private static String matching(String variable, String text, Pattern pattern, String example) {
    if (!pattern.matcher(text).matches()) {
      throw new PluginConfigException(
          variable, "must be as " + example + " (" + pattern.pattern() + "), not '" + text + "'");
    }
    return text;
  }

  private static URI endpoint(String text) {
    try {
      URI uri = new URI(text);
      String path = uri.getRawPath();
      if (("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))
          && uri.getHost() != null
          && uri.getRawUserInfo() == null
          && uri.getRawQuery() == null
          && (path == null || path.isEmpty() || path.equals("/"))) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Said below, without the text: there may be a secret in it.
    }
    throw new PluginConfigException(
        "DYNAMODB_ENDPOINT", "must be as https://HOST or http://HOST:PORT");
  }

  private static Optional<AwsCredentials> credentials(PluginConfig config) {
    Optional<String> id = config.string("AWS_ACCESS_KEY_ID");
    Optional<String> secret = config.secret("AWS_SECRET_ACCESS_KEY");
    Optional<String> token = config.secret("AWS_SESSION_TOKEN");
    if (id.isPresent() != secret.isPresent() || (token.isPresent() && id.isEmpty())) {
      throw new PluginConfigException(
          "AWS_ACCESS_KEY_ID",
          "goes together with AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN with both");
    }
    return id.map(
        key ->
            token.isPresent()
                ? AwsSessionCredentials.create(key, secret.orElseThrow(), token.get())
                : AwsBasicCredentials.create(key, secret.orElseThrow()));
  }

  @Override
  public String toString() {
    return "table " + table + " of " + endpoint.map(URI::toString).orElse(region.id());
  }
}
