package dev.prism.conformance;

import static dev.prism.conformance.QueueFixture.fromStart;
import static dev.prism.conformance.QueueFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.queue.v1.CommitRequest;
import dev.prism.queue.v1.Delivery;
import dev.prism.queue.v1.GetTopicInfoResponse;
import dev.prism.queue.v1.PartitionOffset;
import dev.prism.queue.v1.PartitionOffsets;
import dev.prism.queue.v1.PublishResponse;
import dev.prism.queue.v1.SeekRequest;
import dev.prism.queue.v1.StartPosition;
import dev.prism.sdk.Capability;
import dev.prism.status.Reason;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Where groups stand, and how they are moved. */
public interface QueuePlaces extends QueueFixture {
  @Test
  default void aGroupGoesBackToTheBeginning() {
    String topic = newTopic();
    publishSome(topic, 5);
    readAll(topic, "g", 5);

    api().seek(seek(topic, "g").setPosition(StartPosition.START_POSITION_EARLIEST).build());

    readAll(topic, "g", 5);
  }

  @Test
  default void aGroupSkipsToTheEnd() {
    String topic = newTopic();
    publishSome(topic, 5);

    api().seek(seek(topic, "g").setPosition(StartPosition.START_POSITION_LATEST).build());

    assertThat(lag(topic, "g")).isZero();
    publish(topic, "k", "new");
    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      assertThat(text(subscriber.next())).isEqualTo("new");
    }
  }

  @Test
  default void aGroupGoesBackToAnOffset() {
    String topic = newTopic();
    List<PublishResponse> published = publishSome(topic, 5);
    readAll(topic, "g", 5);

    api()
        .seek(
            seek(topic, "g")
                .setOffsets(at(published.get(3).getPartition(), published.get(3).getOffset()))
                .build());

    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      assertThat(subscriber.next(2)).map(QueueFixture::text).containsExactly("m3", "m4");
    }
  }

  @Test
  default void aGroupGoesBackToATime() throws InterruptedException {
    needs(Capability.SEEK_BY_TIME);
    String topic = newTopic();
    publishSome(topic, 2);
    Thread.sleep(50); // so that the times of the messages differ: they are the backend's
    PublishResponse third = publish(topic, "k", "m2");
    long time;
    try (Subscriber subscriber = subscribe(fromStart(topic, "reader"))) {
      Delivery delivery = subscriber.next(3).getLast();
      assertThat(delivery.getMessageId()).isEqualTo(third.getMessageId());
      time = QueueFixture.millis(delivery.getPublishedAt());
    }

    api().seek(seek(topic, "g").setTime(QueueFixture.time(time)).build());

    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      assertThat(text(subscriber.next())).isEqualTo("m2");
    }
  }

  @Test
  default void receiptsOfAGroupThatWasMovedExpire() {
    String topic = newTopic();
    publishSome(topic, 1);
    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      Delivery delivery = subscriber.next();

      api().seek(seek(topic, "g").setPosition(StartPosition.START_POSITION_EARLIEST).build());

      KeyValueFixture.assertReason(
          Reason.RECEIPT_EXPIRED,
          acknowledge(topic, QueueFixture.done(delivery)).getFirst().getError());
      assertThat(subscriber.next().getMessageId()).isEqualTo(delivery.getMessageId());
    }
  }

  @Test
  default void aCommitAcknowledgesWhatIsBeforeIt() {
    String topic = newTopic();
    List<PublishResponse> published = publishSome(topic, 5);

    api()
        .commit(
            CommitRequest.newBuilder()
                .setTopic(topic)
                .setGroup("g")
                .setOffsets(at(published.get(2).getPartition(), published.get(2).getOffset()))
                .build());

    assertThat(lag(topic, "g")).isEqualTo(3);
    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      assertThat(subscriber.next(3)).map(QueueFixture::text).containsExactly("m2", "m3", "m4");
    }
  }

  @Test
  default void aTopicTellsItsEndsAndItsGroupsLag() {
    String topic = newTopic();
    publishSome(topic, 5);
    readAll(topic, "done", 5);
    try (Subscriber subscriber = subscribe(fromStart(topic, "busy"))) {
      List<Delivery> five = subscriber.next(5);
      ack(topic, five.get(0), five.get(1));

      GetTopicInfoResponse info = info(topic);

      long messages =
          info.getPartitionsList().stream()
              .mapToLong(each -> each.getEndOffset() - each.getEarliestOffset())
              .sum();
      assertThat(messages).isGreaterThanOrEqualTo(5);
      assertThat(info.getGroupsList()).extracting(each -> each.getGroup()).contains("busy", "done");
      assertThat(lag(topic, "done")).isZero();
      assertThat(lag(topic, "busy")).isEqualTo(3);
    }
  }

  @Test
  default void aTopicThatIsNotThereIsNotFound() {
    String absent = newTopic() + ".absent";

    KeyValueFixture.assertFails(Reason.TOPIC_NOT_FOUND, () -> info(absent));
  }

  private List<PublishResponse> publishSome(String topic, int count) {
    return IntStream.range(0, count).mapToObj(i -> publish(topic, "k", "m" + i)).toList();
  }

  private void readAll(String topic, String group, int count) {
    try (Subscriber subscriber = subscribe(fromStart(topic, group))) {
      List<Delivery> all = subscriber.next(count);
      assertThat(all).map(QueueFixture::text).doesNotHaveDuplicates();
      ack(topic, all.toArray(Delivery[]::new));
    }
  }

  private static SeekRequest.Builder seek(String topic, String group) {
    return SeekRequest.newBuilder().setTopic(topic).setGroup(group);
  }

  private static PartitionOffsets at(int partition, long offset) {
    return PartitionOffsets.newBuilder()
        .addOffsets(PartitionOffset.newBuilder().setPartition(partition).setOffset(offset))
        .build();
  }
}
