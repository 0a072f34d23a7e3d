package dev.prism.plugin.kafka;

import com.google.rpc.Status;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Publication;
import dev.prism.sdk.queue.PublicationResult;
import dev.prism.sdk.queue.PublishResult;
import dev.prism.status.PrismException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes messages with the one producer of this process. Any thread. */
final class Publisher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Publisher.class);
  private static final long LOG_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

  private final Cluster cluster;
  private final Lazy<KafkaProducer<byte[], byte[]>> producer;

  /** The last time that a failure was logged: one stands for all that come with it. */
  private volatile long loggedNanos = System.nanoTime() - LOG_NANOS;

  Publisher(Drivers drivers, Cluster cluster) {
    this.cluster = cluster;
    this.producer = new Lazy<>(drivers::producer);
  }

  /** As {@link dev.prism.sdk.queue.MessageQueue#send}. */
  Supplier<List<PublicationResult>> publish(String namespace, List<Publication> publications) {
    KafkaProducer<byte[], byte[]> open = producer.get();
    List<@Nullable PublicationResult> refused = new ArrayList<>(publications.size());
    List<PublishResult[]> written = new ArrayList<>(publications.size());
    working(
        open,
        () -> {
          for (Publication publication : publications) {
            PublishResult[] results = new PublishResult[publication.messages().size()];
            written.add(results);
            refused.add(send(open, namespace, publication, results));
          }
        });
    return () -> {
      working(open, open::flush);
      List<PublicationResult> results = new ArrayList<>(publications.size());
      for (int i = 0; i < written.size(); i++) {
        PublicationResult refusal = refused.get(i);
        results.add(
            refusal == null
                ? new PublicationResult.Applied(Arrays.asList(written.get(i)))
                : refusal);
      }
      return results;
    };
  }

  private @Nullable PublicationResult send(
      KafkaProducer<byte[], byte[]> open,
      String namespace,
      Publication publication,
      PublishResult[] results) {
    String topic = cluster.physical(namespace, publication.topic());
    try {
      cluster.ensure(namespace, publication.topic());
    } catch (PrismException e) {
      return new PublicationResult.Failed(e.status());
    }
    List<Message> messages = publication.messages();
    for (int i = 0; i < results.length; i++) {
      // The callback gets what the future would.
      var _ = open.send(Records.of(topic, messages.get(i)), new Written(topic, results, i));
    }
    return null;
  }

  /**
   * Writes records, in their order.
   *
   * @return one result a record: empty where the brokers have it
   */
  List<Optional<Status>> send(List<ProducerRecord<byte[], byte[]>> records) {
    KafkaProducer<byte[], byte[]> open = producer.get();
    PublishResult[] written = new PublishResult[records.size()];
    working(
        open,
        () -> {
          for (int i = 0; i < written.length; i++) {
            ProducerRecord<byte[], byte[]> record = records.get(i);
            var _ = open.send(record, new Written(record.topic(), written, i));
          }
          open.flush();
        });
    List<Optional<Status>> results = new ArrayList<>(written.length);
    for (PublishResult each : written) {
      results.add(
          each instanceof PublishResult.Failed(Status status)
              ? Optional.of(status)
              : Optional.empty());
    }
    return results;
  }

  /**
   * Has the producer do something. Its {@code flush} waits until all is answered that it was handed
   * before, and no record for more to come: they go out at once, in as few requests as can be.
   */
  private void working(KafkaProducer<byte[], byte[]> open, Runnable action) {
    try {
      action.run();
    } catch (KafkaException e) {
      // The driver says so where its producer will not work again.
      LOG.error("the producer failed; another takes its place", e);
      producer.renew(open, broken -> broken.close(Duration.ZERO));
      throw Errors.unknown();
    }
  }

  /** Takes down what became of a message. */
  private final class Written implements Callback {
    private final Thread sender = Thread.currentThread();
    private final String topic;
    private final PublishResult[] results;
    private final int index;

    Written(String topic, PublishResult[] results, int index) {
      this.topic = topic;
      this.results = results;
      this.index = index;
    }

    @Override
    public void onCompletion(RecordMetadata metadata, @Nullable Exception failure) {
      if (failure == null) {
        results[index] =
            new PublishResult.Published(
                Records.id(metadata.partition(), metadata.offset()),
                metadata.partition(),
                metadata.offset());
        return;
      }
      if (System.nanoTime() - loggedNanos >= LOG_NANOS) {
        loggedNanos = System.nanoTime();
        LOG.warn("messages to {} were not acknowledged: {}", topic, failure.toString());
      }
      if (failure instanceof UnknownTopicOrPartitionException) {
        cluster.forget(topic);
      }
      // The driver tells the thread that sends of what it does not even take into its buffer.
      boolean sent = Thread.currentThread() != sender;
      results[index] =
          new PublishResult.Failed(
              sent ? Errors.notAcknowledged(failure) : Errors.notSent(failure));
    }
  }

  /** Lets what is under way end, for a moment. */
  @Override
  public void close() {
    producer.close(open -> open.close(CLOSE_LIMIT));
  }
}
