package dev.prism.conformance;

import static dev.prism.conformance.PubSubFixture.event;
import static dev.prism.conformance.PubSubFixture.to;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.pubsub.v1.PublishRequest;
import dev.prism.sdk.Capability;
import dev.prism.sdk.Plugin;
import dev.prism.sdk.PluginConfig;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The suite on a plugin in the test's own process. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class HostedPubSubSuite extends PubSubSuite {
  private static final long SESSION = 7;
  private static final long OTHER_SESSION = 9;

  private HostedPlugin plugin;

  /** The plugin to host. */
  protected abstract Plugin newPlugin();

  /** Its variables, once its server is started. */
  protected Map<String, String> variables() {
    return Map.of();
  }

  @BeforeAll
  void startPlugin() {
    plugin = new HostedPlugin(newPlugin(), PluginConfig.of(variables()), InstantSource.system());
  }

  @AfterAll
  void stopPlugin() {
    if (plugin != null) {
      plugin.close();
    }
  }

  @Override
  public Set<Capability> capabilities() {
    return plugin.pubSubCapabilities();
  }

  @Override
  public PubSubApi api() {
    return plugin.pubSub("default", SESSION);
  }

  @Override
  public PubSubApi otherApi() {
    return plugin.pubSub("default", OTHER_SESSION);
  }

  @Override
  public void restart() {
    plugin.restart();
  }

  @Test
  void namespacesHearNothingOfEachOther() {
    String topic = newTopic();
    PubSubApi tenant = plugin.pubSub("tenant", SESSION);
    try (Subscriber theirs = new Subscriber(tenant.subscribe(to(">").build()));
        Subscriber ours = subscribe(topic + ".>")) {
      publish(topic + ".a", "ours");
      tenant.publish(
          PublishRequest.newBuilder().setTopic(topic + ".a").setEvent(event("theirs")).build());

      assertThat(theirs.next(1)).containsExactly("theirs");
      publish(topic + ".a", "ours again");
      assertThat(ours.next(2)).containsExactly("ours", "ours again");
    }
  }
}
