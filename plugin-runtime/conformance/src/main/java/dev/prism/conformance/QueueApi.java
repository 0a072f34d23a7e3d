package dev.prism.conformance;

import dev.prism.conformance.ServiceApi.Duplex;
import dev.prism.plugin.v1.ProvisionRequest;
import dev.prism.plugin.v1.ProvisionResponse;
import dev.prism.plugin.v1.ProvisionServiceGrpc;
import dev.prism.queue.v1.AcknowledgeRequest;
import dev.prism.queue.v1.AcknowledgeResponse;
import dev.prism.queue.v1.CommitRequest;
import dev.prism.queue.v1.CommitResponse;
import dev.prism.queue.v1.ConsumeRequest;
import dev.prism.queue.v1.ConsumeResponse;
import dev.prism.queue.v1.GetTopicInfoRequest;
import dev.prism.queue.v1.GetTopicInfoResponse;
import dev.prism.queue.v1.PublishBatchRequest;
import dev.prism.queue.v1.PublishBatchResponse;
import dev.prism.queue.v1.PublishRequest;
import dev.prism.queue.v1.PublishResponse;
import dev.prism.queue.v1.PublishStreamRequest;
import dev.prism.queue.v1.PublishStreamResponse;
import dev.prism.queue.v1.QueueServiceGrpc;
import dev.prism.queue.v1.SeekRequest;
import dev.prism.queue.v1.SeekResponse;
import dev.prism.queue.v1.SubscribeRequest;
import dev.prism.queue.v1.SubscribeResponse;
import java.util.Optional;

/** QueueService as the suite calls it. */
public final class QueueApi {
  private final ServiceApi service;

  public QueueApi(ServiceApi service) {
    this.service = service;
  }

  /** The same plugin in another namespace; empty where a proxy stands before it. */
  Optional<QueueApi> in(String namespace) {
    return service instanceof LinkApi link
        ? Optional.of(new QueueApi(link.in(namespace)))
        : Optional.empty();
  }

  /** What an administrator has the plugin do; over a link only. */
  ProvisionResponse provision(ProvisionRequest request) {
    return service.call(ProvisionServiceGrpc.getProvisionMethod(), request);
  }

  public PublishResponse publish(PublishRequest request) {
    return service.call(QueueServiceGrpc.getPublishMethod(), request);
  }

  public PublishBatchResponse publishBatch(PublishBatchRequest request) {
    return service.call(QueueServiceGrpc.getPublishBatchMethod(), request);
  }

  public Duplex<PublishStreamRequest, PublishStreamResponse> publishStream(
      PublishStreamRequest first) {
    return service.open(QueueServiceGrpc.getPublishStreamMethod(), first);
  }

  /** An open subscription; its requests are none. */
  public Duplex<SubscribeRequest, SubscribeResponse> subscribe(SubscribeRequest request) {
    return service.stream(QueueServiceGrpc.getSubscribeMethod(), request);
  }

  public Duplex<ConsumeRequest, ConsumeResponse> consume(ConsumeRequest first) {
    return service.open(QueueServiceGrpc.getConsumeMethod(), first);
  }

  public AcknowledgeResponse acknowledge(AcknowledgeRequest request) {
    return service.call(QueueServiceGrpc.getAcknowledgeMethod(), request);
  }

  public CommitResponse commit(CommitRequest request) {
    return service.call(QueueServiceGrpc.getCommitMethod(), request);
  }

  public SeekResponse seek(SeekRequest request) {
    return service.call(QueueServiceGrpc.getSeekMethod(), request);
  }

  public GetTopicInfoResponse info(GetTopicInfoRequest request) {
    return service.call(QueueServiceGrpc.getGetTopicInfoMethod(), request);
  }
}
