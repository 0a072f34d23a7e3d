package dev.prism.plugin.nats;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Which topics stand for subjects outside of a namespace's own. */
class InboxesTest {
  private final Inboxes inboxes = new Inboxes();

  @Test
  void aHeardInboxIsPublishedToAsItIs() {
    String topic = inboxes.heard("shop", "_INBOX.abc");

    assertThat(inboxes.subject("shop", topic)).isEqualTo("_INBOX.abc");
  }

  @Test
  void aTopicThatOnlyLooksLikeAnInboxStaysInItsNamespace() {
    assertThat(inboxes.subject("shop", "_INBOX.abc")).isEqualTo("events.shop._INBOX.abc");
  }

  @Test
  void anInboxThatAnotherNamespaceHeardIsATopic() {
    String topic = inboxes.heard("shop", "_INBOX.abc");

    assertThat(inboxes.subject("bank", topic)).isEqualTo("events.bank._INBOX.abc");
  }

  @Test
  void repliesWithinTheNamespaceAreItsTopics() {
    assertThat(inboxes.heard("shop", "events.shop.answers")).isEqualTo("answers");
  }

  @Test
  void repliesToOtherNamespacesAndToTheServerHaveNoTopic() {
    assertThat(inboxes.heard("shop", "events.bank.answers")).isEmpty();
    assertThat(inboxes.heard("shop", "$JS.API.STREAM.DELETE.x")).isEmpty();
    assertThat(inboxes.heard("shop", "_INBOX_PRISM.acks.1")).isEmpty();
  }

  @Test
  void theOldestIsForgotten() {
    String oldest = inboxes.heard("shop", "_INBOX.0");
    for (int i = 1; i <= 10_000; i++) {
      inboxes.heard("shop", "_INBOX." + i);
    }

    assertThat(inboxes.subject("shop", oldest)).isEqualTo("events.shop._INBOX.0");
  }
}
