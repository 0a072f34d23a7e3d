package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.prism.config.v1.BackendType;
import dev.prism.conformance.CallFailedException;
import dev.prism.conformance.GrpcApi;
import dev.prism.conformance.QueueApi;
import dev.prism.conformance.QueueFixture;
import dev.prism.conformance.QueueFixture.Subscriber;
import dev.prism.queue.v1.SubscribeRequest;
import dev.prism.status.Reason;
import io.grpc.ClientInterceptors;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A server that shuts down does not wait for streams that never end. */
@Tag("system")
class SubscriptionEndTest {
  @Test
  void aServerThatShutsDownEndsItsSubscriptionsAtOnceAndSaysWhy() throws Exception {
    // Given a subscription that has caught up
    try (Prism prism = Prism.up(Prism.newDirectory("subscription-end"))) {
      String token = prism.openQueueSession(BackendType.BACKEND_TYPE_MEMORY).getSessionToken();
      QueueApi api =
          new QueueApi(
              new GrpcApi(
                  () -> ClientInterceptors.intercept(prism.channel(), Prism.session(token))));
      try (Subscriber subscriber =
          new Subscriber(
              api.subscribe(
                  SubscribeRequest.newBuilder()
                      .setSubscription(QueueFixture.fromStart("topic", "group"))
                      .build()))) {
        assertThat(subscriber.nextOrCaughtUp()).isNull();

        // When
        long before = System.nanoTime();
        int status = prism.terminate();

        // Then
        assertThat(status).isZero();
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
        assertThat(catchThrowable(subscriber::next))
            .isInstanceOfSatisfying(
                CallFailedException.class,
                failure ->
                    assertThat(failure.reason())
                        .as("%s; the proxy logged: %s", failure, prism.log())
                        .isEqualTo(Reason.SHUTTING_DOWN.name()));
      }
    }
  }
}
