package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.QueueFixture.fromStart;
import static dev.prism.conformance.QueueFixture.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.prism.plugin.v1.ProvisionChange;
import dev.prism.plugin.v1.ProvisionRequest;
import dev.prism.queue.v1.GetTopicInfoRequest;
import dev.prism.queue.v1.PublishBatchRequest;
import dev.prism.queue.v1.PublishBatchResponse;
import dev.prism.queue.v1.PublishRequest;
import dev.prism.queue.v1.SubscribeRequest;
import dev.prism.sdk.Capability;
import dev.prism.status.Reason;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Topics in a namespace that requires them to be there, and how they come to be. For the plugin
 * alone: who asks for it through a proxy is its administrator.
 */
public interface QueueProvisioning extends QueueFixture {
  /** The namespace that requires its topics to be provisioned. */
  private QueueApi requiring() {
    Optional<QueueApi> api = api().in(HostedPlugin.REQUIRING);
    assumeTrue(api.isPresent(), "for the plugin alone");
    return api.orElseThrow();
  }

  @Test
  default void publishingToATopicThatIsNotProvisionedIsRefused() {
    QueueApi api = requiring();
    String topic = newTopic();

    assertFails(Reason.NOT_PROVISIONED, () -> api.publish(publication(topic)));

    assertFails(Reason.TOPIC_NOT_FOUND, () -> info(api, topic));
  }

  @Test
  default void eachMessageOfABatchForATopicThatIsNotProvisionedIsRefused() {
    QueueApi api = requiring();
    PublishBatchRequest batch =
        PublishBatchRequest.newBuilder()
            .setTopic(newTopic())
            .addMessages(message("k", "a"))
            .addMessages(message("k", "b"))
            .build();

    try {
      PublishBatchResponse response = api.publishBatch(batch);
      response
          .getResultsList()
          .forEach(each -> KeyValueFixture.assertReason(Reason.NOT_PROVISIONED, each.getError()));
    } catch (CallFailedException whole) {
      KeyValueFixture.assertReason(Reason.NOT_PROVISIONED, whole.status());
    }
  }

  @Test
  default void subscribingToATopicThatIsNotProvisionedIsRefused() {
    QueueApi api = requiring();
    SubscribeRequest request =
        SubscribeRequest.newBuilder().setSubscription(fromStart(newTopic(), "g")).build();

    assertFails(
        Reason.NOT_PROVISIONED,
        () -> {
          try (var stream = api.subscribe(request)) {
            stream.next();
          }
        });
  }

  @Test
  default void aDryRunSaysWhatWouldBeDoneAndDoesNothing() {
    QueueApi api = requiring();
    String topic = newTopic();

    ProvisionChange change = provision(api, HostedPlugin.REQUIRING, topic, true);

    assertThat(change).isEqualTo(ProvisionChange.PROVISION_CHANGE_CREATE);
    assertFails(Reason.NOT_PROVISIONED, () -> api.publish(publication(topic)));
  }

  @Test
  default void aTopicThatWasProvisionedIsThereAndServes() {
    QueueApi api = requiring();
    String topic = newTopic();

    ProvisionChange made = provision(api, HostedPlugin.REQUIRING, topic, false);

    assertThat(made).isEqualTo(ProvisionChange.PROVISION_CHANGE_CREATE);
    assertThat(provision(api, HostedPlugin.REQUIRING, topic, false))
        .isEqualTo(ProvisionChange.PROVISION_CHANGE_NONE);
    assertThat(info(api, topic)).isPositive();
    api.publish(publication(topic));
    SubscribeRequest request =
        SubscribeRequest.newBuilder().setSubscription(fromStart(topic, "g")).build();
    try (Subscriber subscriber = new Subscriber(api.subscribe(request))) {
      assertThat(QueueFixture.text(subscriber.next())).isEqualTo("a");
    }
  }

  @Test
  default void aTopicThatWasProvisionedIsThereAfterARestart() {
    needs(Capability.DURABLE);
    QueueApi api = requiring();
    String topic = newTopic();
    provision(api, HostedPlugin.REQUIRING, topic, false);

    restart();

    api.publish(publication(topic));
    assertThat(provision(api, HostedPlugin.REQUIRING, topic, true))
        .isEqualTo(ProvisionChange.PROVISION_CHANGE_NONE);
  }

  @Test
  default void aTopicThatIsThereFromBeingUsedNeedsNoProvisioning() {
    requiring();
    String topic = newTopic();
    publish(topic, "k", "a");

    ProvisionChange change = provision(api(), "default", topic, false);

    assertThat(change).isEqualTo(ProvisionChange.PROVISION_CHANGE_NONE);
  }

  private static PublishRequest publication(String topic) {
    return PublishRequest.newBuilder().setTopic(topic).setMessage(message("k", "a")).build();
  }

  private static ProvisionChange provision(
      QueueApi api, String namespace, String topic, boolean dryRun) {
    return api.provision(
            ProvisionRequest.newBuilder()
                .setNamespace(namespace)
                .setTopic(topic)
                .setDryRun(dryRun)
                .build())
        .getChange();
  }

  private static int info(QueueApi api, String topic) {
    return api.info(GetTopicInfoRequest.newBuilder().setTopic(topic).build()).getPartitionsCount();
  }
}
