package dev.prism.conformance;

import dev.prism.conformance.ServiceApi.Duplex;
import dev.prism.pubsub.v1.ListSubscriptionsRequest;
import dev.prism.pubsub.v1.ListSubscriptionsResponse;
import dev.prism.pubsub.v1.PubSubServiceGrpc;
import dev.prism.pubsub.v1.PublishRequest;
import dev.prism.pubsub.v1.PublishResponse;
import dev.prism.pubsub.v1.PublishStreamRequest;
import dev.prism.pubsub.v1.PublishStreamResponse;
import dev.prism.pubsub.v1.SubscribeRequest;
import dev.prism.pubsub.v1.SubscribeResponse;
import dev.prism.pubsub.v1.UnsubscribeRequest;
import dev.prism.pubsub.v1.UnsubscribeResponse;

/** PubSubService as the suite calls it, in one session. */
public final class PubSubApi {
  private final ServiceApi service;

  public PubSubApi(ServiceApi service) {
    this.service = service;
  }

  public PublishResponse publish(PublishRequest request) {
    return service.call(PubSubServiceGrpc.getPublishMethod(), request);
  }

  public Duplex<PublishStreamRequest, PublishStreamResponse> publishStream(
      PublishStreamRequest first) {
    return service.open(PubSubServiceGrpc.getPublishStreamMethod(), first);
  }

  /** An open subscription; its requests are none. */
  public Duplex<SubscribeRequest, SubscribeResponse> subscribe(SubscribeRequest request) {
    return service.stream(PubSubServiceGrpc.getSubscribeMethod(), request);
  }

  public UnsubscribeResponse unsubscribe(UnsubscribeRequest request) {
    return service.call(PubSubServiceGrpc.getUnsubscribeMethod(), request);
  }

  public ListSubscriptionsResponse list(ListSubscriptionsRequest request) {
    return service.call(PubSubServiceGrpc.getListSubscriptionsMethod(), request);
  }
}
