package dev.prism.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * Every assertion that a PubSub backend must hold, each in the part that it belongs to. A backend's
 * test class extends {@link HostedPubSubSuite} for the plugin alone, and this for the product.
 */
public abstract class PubSubSuite
    implements PubSubDelivery, PubSubPatterns, PubSubSubscriptions, PubSubSlow, PubSubLimits {
  @Test
  void theBackendDeclaresWhatItMust() {
    assertThat(capabilities())
        .containsAll(RequiredCapabilities.of(backend(), RequiredCapabilities.Interface.PUBSUB));
  }
}
