package dev.prism.plugin.kafka;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginConfigException;
import dev.prism.sdk.queue.Topics;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.config.types.Password;

/**
 * What the environment says of a Kafka cluster; {@code docs/kafka.md} lists the variables.
 *
 * @param brokers {@code HOST:PORT,...}
 * @param security the driver's own properties for TLS and authentication
 * @param process this process's number among those that serve the backend, 0 to 65535
 * @param name what brokers see this process as
 * @param dataDir where it may keep a file, if anywhere
 * @param deliveryMillis after so long an unanswered publication's outcome is unknown
 * @param messageBytes the largest message, with key and headers
 * @param topics the topics as they are configured
 */
record KafkaSettings(
    String brokers,
    Map<String, Object> security,
    int process,
    String name,
    Optional<Path> dataDir,
    int deliveryMillis,
    int messageBytes,
    Topics topics) {
  private static final int DELIVERY_MILLIS = 10_000;

  /** An event of a mebibyte, with its headers, and what a batch of one record has on top. */
  private static final long MESSAGE_BYTES = (1 << 20) + (128 << 10);

  private static final long LEAST_MESSAGE_BYTES = 1 << 10;
  private static final long MOST_MESSAGE_BYTES = 16 << 20;

  /** How the connections to the brokers are made and who this is. */
  private enum Protocol {
    PLAINTEXT,
    SSL,
    SASL_PLAINTEXT,
    SASL_SSL
  }

  /** Reads the environment. */
  static KafkaSettings of(PluginConfig config) {
    int process = config.integer("PRISM_PROCESS", 0, 0, 65535);
    return new KafkaSettings(
        config.required("KAFKA_BROKERS"),
        security(config),
        process,
        "prism-" + config.instance() + "-" + process,
        config.string("PRISM_DATA_DIR").map(set -> config.dataDir()),
        config.integer("KAFKA_DELIVERY_TIMEOUT_MS", DELIVERY_MILLIS, 2_000, 120_000),
        (int)
            config.bytes(
                "KAFKA_MAX_MESSAGE_BYTES", MESSAGE_BYTES, LEAST_MESSAGE_BYTES, MOST_MESSAGE_BYTES),
        config.topics());
  }

  private static Map<String, Object> security(PluginConfig config) {
    Protocol protocol =
        config.choice("KAFKA_SECURITY_PROTOCOL", Protocol.class).orElse(Protocol.PLAINTEXT);
    Map<String, Object> security = new HashMap<>();
    security.put(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, protocol.name());
    if (protocol == Protocol.SASL_PLAINTEXT || protocol == Protocol.SASL_SSL) {
      String mechanism = config.string("KAFKA_SASL_MECHANISM").orElse("SCRAM-SHA-512");
      String module =
          switch (mechanism) {
            case "PLAIN" -> "org.apache.kafka.common.security.plain.PlainLoginModule";
            case "SCRAM-SHA-256", "SCRAM-SHA-512" ->
                "org.apache.kafka.common.security.scram.ScramLoginModule";
            default ->
                throw new PluginConfigException(
                    "KAFKA_SASL_MECHANISM", "must be PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512");
          };
      String password =
          config
              .secret("KAFKA_PASSWORD")
              .orElseThrow(() -> new PluginConfigException("KAFKA_PASSWORD", "not set"));
      security.put(SaslConfigs.SASL_MECHANISM, mechanism);
      security.put(
          SaslConfigs.SASL_JAAS_CONFIG,
          new Password(
              "%s required username=%s password=%s;"
                  .formatted(module, quoted(config.required("KAFKA_USERNAME")), quoted(password))));
    } else if (config.string("KAFKA_USERNAME").isPresent()) {
      throw new PluginConfigException(
          "KAFKA_USERNAME", "set, but KAFKA_SECURITY_PROTOCOL is not SASL_SSL or SASL_PLAINTEXT");
    }
    // Named by a file: the proxy reads that, and gives what is in it.
    Optional<String> authorities = config.secret("KAFKA_CA");
    if (authorities.isPresent()) {
      security.put(SslConfigs.SSL_TRUSTSTORE_TYPE_CONFIG, "PEM");
      security.put(SslConfigs.SSL_TRUSTSTORE_CERTIFICATES_CONFIG, new Password(authorities.get()));
    }
    return Map.copyOf(security);
  }

  /** As the driver's configuration of logins wants it. */
  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
