package dev.prism.plugin.sqlite;

import dev.prism.plugin.sqlite.QueueTables.Group;
import dev.prism.plugin.sqlite.QueueTables.Topic;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.DeadLetters;
import dev.prism.sdk.queue.Leases;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Publication;
import dev.prism.sdk.queue.PublicationResult;
import dev.prism.sdk.queue.Receipt;
import dev.prism.sdk.queue.Stored;
import dev.prism.sdk.queue.Topics;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Takes what became of deliveries, in one transaction. */
final class Settling {
  private final QueueTables tables;
  private final Topics configured;
  private final String namespace;
  private final long now;
  private final Set<String> changed = new HashSet<>();

  Settling(QueueTables tables, Topics configured, String namespace, long now) {
    this.tables = tables;
    this.configured = configured;
    this.namespace = namespace;
    this.now = now;
  }

  /** The topics whose readers are to look again, after the commit. */
  Set<String> changed() {
    return changed;
  }

  AckResult take(Ack ack) throws SQLException {
    Receipt receipt = ack.receipt();
    Topic topic = tables.topic(namespace, receipt.topic());
    Group group = topic == null ? null : tables.group(topic.id(), receipt.group());
    if (topic == null || group == null || receipt.partition() != 0) {
      return Leases.expired();
    }
    long offset = receipt.offset();
    long token = receipt.token();
    boolean taken;
    long deadline = 0;
    switch (ack.outcome()) {
      case Ack.Outcome.Done _ -> taken = tables.settle(group.id(), offset, token, now);
      case Ack.Outcome.Again(long delayMillis) -> {
        taken = tables.postpone(group.id(), offset, token, now, now + delayMillis);
        changed.add(receipt.topic());
      }
      case Ack.Outcome.Extended(long byMillis) -> {
        deadline = now + byMillis;
        taken = tables.extend(group.id(), offset, token, now, deadline);
      }
      case Ack.Outcome.Dead(String name, String reason) -> {
        int attempts = tables.attempts(group.id(), offset, token, now);
        List<Stored> found =
            attempts == 0 ? List.of() : tables.read(topic.id(), offset, 1, Long.MAX_VALUE);
        taken = false;
        if (!found.isEmpty()) {
          Message letter = DeadLetters.of(found.getFirst(), receipt, attempts, reason);
          Publication dead = new Publication(name, List.of(letter), false, null);
          PublicationResult published =
              new Publishing(tables, configured, namespace, now).publish(List.of(dead)).getFirst();
          if (published instanceof PublicationResult.Failed(var status)) {
            return new AckResult.Failed(status);
          }
          taken = tables.settle(group.id(), offset, token, now);
          changed.add(name);
        }
      }
    }
    return taken ? new AckResult.Taken(deadline) : Leases.expired();
  }
}
