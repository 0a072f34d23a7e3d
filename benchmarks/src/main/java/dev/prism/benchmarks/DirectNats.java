package dev.prism.benchmarks;

import io.nats.client.Connection;
import io.nats.client.JetStream;
import io.nats.client.JetStreamApiException;
import io.nats.client.Nats;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * What an application would write that publishes to JetStream without Prism and wants it fast: one
 * connection that all callers share, each waiting for its own message's acknowledgement while the
 * driver writes what they have handed over together.
 */
final class DirectNats implements Direct {
  private final Connection connection;
  private final JetStream jetStream;
  private final String subject;

  DirectNats(String url) throws IOException, InterruptedException, JetStreamApiException {
    connection = Nats.connect(url);
    String name = "direct-" + UUID.randomUUID();
    subject = name;
    connection
        .jetStreamManagement()
        .addStream(
            StreamConfiguration.builder()
                .name(name)
                .subjects(subject)
                .storageType(StorageType.File)
                .build());
    jetStream = connection.jetStream();
  }

  /** Returns when the server has acknowledged the message. */
  @Override
  public void publish(byte[] key, byte[] payload) {
    Headers headers = new Headers().add("Key", new String(key, StandardCharsets.US_ASCII));
    jetStream.publishAsync(subject, headers, payload).join();
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
