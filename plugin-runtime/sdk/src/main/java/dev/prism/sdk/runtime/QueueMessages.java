package dev.prism.sdk.runtime;

import com.google.protobuf.Timestamp;
import com.google.protobuf.UnsafeByteOperations;
import dev.prism.queue.v1.GetTopicInfoResponse;
import dev.prism.queue.v1.GroupInfo;
import dev.prism.queue.v1.GroupPartition;
import dev.prism.queue.v1.PartitionInfo;
import dev.prism.queue.v1.PartitionOffset;
import dev.prism.queue.v1.PartitionOffsets;
import dev.prism.queue.v1.PublishBatchResponse;
import dev.prism.queue.v1.PublishResponse;
import dev.prism.queue.v1.SubscribeResponse;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Header;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.PublishResult;
import dev.prism.sdk.queue.Stored;
import dev.prism.sdk.queue.TopicInfo;
import dev.prism.type.v1.AckSuccess;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A queue's answers as the contract's messages. */
final class QueueMessages {
  private QueueMessages() {}

  static PublishResponse published(PublishResult.Published published) {
    return PublishResponse.newBuilder()
        .setMessageId(published.messageId())
        .setPartition(published.partition())
        .setOffset(published.offset())
        .build();
  }

  static byte[] publishBatch(List<PublishResult> results) {
    PublishBatchResponse.Builder response = PublishBatchResponse.newBuilder();
    for (PublishResult result : results) {
      switch (result) {
        case PublishResult.Published published ->
            response.addResultsBuilder().setSuccess(published(published));
        case PublishResult.Failed failed -> response.addResultsBuilder().setError(failed.status());
      }
    }
    return response.build().toByteArray();
  }

  static SubscribeResponse deliveries(List<Delivery> deliveries, boolean caughtUp, int process) {
    SubscribeResponse.Builder response = SubscribeResponse.newBuilder().setCaughtUp(caughtUp);
    for (Delivery delivery : deliveries) {
      Stored stored = delivery.stored();
      response
          .addDeliveriesBuilder()
          .setMessageId(stored.messageId())
          .setMessage(message(stored.message()))
          .setReceipt(delivery.receipt().encode(process))
          .setPartition(stored.partition())
          .setOffset(stored.offset())
          .setPublishedAt(time(stored.publishedAtMillis()))
          .setAttempt(delivery.attempt())
          .setAckDeadline(time(delivery.ackDeadlineMillis()));
    }
    return response.build();
  }

  private static dev.prism.queue.v1.Message message(Message message) {
    dev.prism.queue.v1.Message.Builder builder =
        dev.prism.queue.v1.Message.newBuilder()
            .setKey(UnsafeByteOperations.unsafeWrap(message.key()))
            .setPayload(UnsafeByteOperations.unsafeWrap(message.payload()));
    for (Header header : message.headers()) {
      builder
          .addHeadersBuilder()
          .setName(header.name())
          .setValue(UnsafeByteOperations.unsafeWrap(header.value()));
    }
    return builder.build();
  }

  static dev.prism.type.v1.AckResult ack(String receipt, AckResult result) {
    dev.prism.type.v1.AckResult.Builder builder =
        dev.prism.type.v1.AckResult.newBuilder().setReceipt(receipt);
    return switch (result) {
      case AckResult.Taken(long deadline) ->
          builder
              .setSuccess(
                  deadline == 0
                      ? AckSuccess.getDefaultInstance()
                      : AckSuccess.newBuilder().setAckDeadline(time(deadline)).build())
              .build();
      case AckResult.Failed failed -> builder.setError(failed.status()).build();
    };
  }

  static PartitionOffsets offsets(Map<Integer, Long> offsets) {
    PartitionOffsets.Builder builder = PartitionOffsets.newBuilder();
    new TreeMap<>(offsets)
        .forEach(
            (partition, offset) ->
                builder.addOffsets(
                    PartitionOffset.newBuilder().setPartition(partition).setOffset(offset)));
    return builder.build();
  }

  static GetTopicInfoResponse info(TopicInfo info) {
    GetTopicInfoResponse.Builder response = GetTopicInfoResponse.newBuilder();
    for (TopicInfo.Partition each : info.partitions()) {
      response.addPartitions(
          PartitionInfo.newBuilder()
              .setPartition(each.partition())
              .setEarliestOffset(each.earliest())
              .setEndOffset(each.end()));
    }
    for (TopicInfo.Group group : info.groups()) {
      GroupInfo.Builder builder =
          response.addGroupsBuilder().setGroup(group.name()).setConsumers(group.consumers());
      for (TopicInfo.Position position : group.positions()) {
        builder.addPartitions(
            GroupPartition.newBuilder()
                .setPartition(position.partition())
                .setCommittedOffset(position.committed())
                .setLag(position.lag())
                .setInFlight(position.inFlight()));
      }
    }
    return response.build();
  }

  static Timestamp time(long millis) {
    return Timestamp.newBuilder()
        .setSeconds(Math.floorDiv(millis, 1000))
        .setNanos(Math.floorMod(millis, 1000) * 1_000_000)
        .build();
  }
}
