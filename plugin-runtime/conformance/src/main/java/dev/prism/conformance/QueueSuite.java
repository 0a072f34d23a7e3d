package dev.prism.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * Every assertion that a Queue backend must hold, each in the part that it belongs to. A backend's
 * test class extends this and gives it a {@link QueueApi}: over a link for the plugin alone, over
 * gRPC for the product.
 */
public abstract class QueueSuite
    implements QueueDelivery,
        QueueAcks,
        QueueGroups,
        QueuePlaces,
        QueueStreaming,
        QueueProvisioning,
        QueueDurability {
  @Test
  void theBackendDeclaresWhatItMust() {
    assertThat(capabilities())
        .containsAll(RequiredCapabilities.of(backend(), RequiredCapabilities.Interface.QUEUE));
  }
}
