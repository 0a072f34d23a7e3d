package dev.prism.system;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.TopicPartitionInfo;

/** Who leads a topic's first partition, as the brokers say. */
final class KafkaLeader implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Admin admin;
  private final String topic;

  KafkaLeader(String brokers, String topic) {
    this.admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, brokers));
    this.topic = topic;
  }

  /** The leading broker's number. */
  int number() throws Exception {
    return partition().leader().id();
  }

  void awaitOtherThan(int broker) {
    await("another leads", each -> each.leader() != null && each.leader().id() != broker);
  }

  void awaitInSync(int copies) {
    await(copies + " copies are in sync", each -> each.isr().size() == copies);
  }

  private void await(String what, Predicate<TopicPartitionInfo> reached) {
    Await.until(
        what,
        LIMIT,
        () -> {
          try {
            return reached.test(partition());
          } catch (ExecutionException | TimeoutException e) {
            return false; // the brokers are about to sort it out
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private TopicPartitionInfo partition()
      throws ExecutionException, TimeoutException, InterruptedException {
    return admin
        .describeTopics(List.of(topic))
        .allTopicNames()
        .get(5, TimeUnit.SECONDS)
        .get(topic)
        .partitions()
        .getFirst();
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(1));
  }
}
