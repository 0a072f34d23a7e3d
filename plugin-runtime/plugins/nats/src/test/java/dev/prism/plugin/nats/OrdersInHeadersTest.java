package dev.prism.plugin.nats;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.conformance.HostedPlugin;
import dev.prism.conformance.KeyValueFixture;
import dev.prism.queue.v1.Message;
import dev.prism.queue.v1.PublishRequest;
import dev.prism.sdk.PluginConfig;
import dev.prism.status.Reason;
import dev.prism.testservers.NatsServer;
import dev.prism.type.v1.Header;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Headers of callers that hold the names of headers by which the server is told what to do. */
@Tag("conformance")
class OrdersInHeadersTest {
  private final NatsServer server = NatsServer.startOwn("");
  private final HostedPlugin plugin =
      new HostedPlugin(
          new NatsPlugin(InstantSource.system()),
          PluginConfig.of(Map.of("NATS_URL", server.url())),
          InstantSource.system());

  @AfterEach
  void stop() {
    plugin.close();
    server.close();
  }

  private static PublishRequest once(String name, String value) {
    return PublishRequest.newBuilder()
        .setTopic("t")
        .setMessage(
            Message.newBuilder()
                .addHeaders(
                    Header.newBuilder().setName(name).setValue(ByteString.copyFromUtf8(value))))
        .setIdempotencyKey("once")
        .build();
  }

  @Test
  void aValueThatNamesTheMessageIdDoesNotHideIt() {
    PublishRequest request = once("a", "see Nats-Msg-Id");
    var first = plugin.queue("default").publish(request);

    var retry = plugin.queue("default").publish(request);

    assertThat(retry).isEqualTo(first);
  }

  @Test
  void aNameThatHoldsTheServersPrefixIsRefused() {
    KeyValueFixture.assertFails(
        Reason.METADATA_INVALID,
        () -> plugin.queue("default").publish(once("X-Nats-Msg-Id", "mine")));
  }
}
