package dev.prism.plugin.dynamodb;

import dev.prism.plugin.dynamodb.Heads.Head;
import dev.prism.plugin.dynamodb.MailboxItems.Ready;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Leases;
import dev.prism.sdk.queue.Receipt;
import dev.prism.sdk.transact.Settlement;
import dev.prism.sdk.transact.SettlementResult;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;

/**
 * Takes what became of deliveries, each in a transaction of its own; those of a caller with an
 * idempotency key in one.
 */
final class MailboxSettling {
  /** A key's head, the place of the message and that of the next one. */
  private static final int LINE = 3;

  private final Dynamo dynamo;
  private final Supplier<ItemReads> reads;
  private final Together together;
  private final Turns turns;
  private final Heads heads;
  private final Function<Receipt, @Nullable Ready> delivered;
  private final Consumer<String> freed;
  private final Function<Settlement, Remembering> remembering;

  /**
   * @param reads consistent ones of the namespace, as of now
   * @param heads as they are supposed at first
   * @param delivered what a reader of this process has been delivered, where there is one
   * @param freed is told of each mailbox of which something may be delivered now
   */
  MailboxSettling(
      Dynamo dynamo,
      Supplier<ItemReads> reads,
      Together together,
      Turns turns,
      Heads heads,
      Function<Receipt, @Nullable Ready> delivered,
      Consumer<String> freed,
      Function<Settlement, Remembering> remembering) {
    this.dynamo = dynamo;
    this.reads = reads;
    this.together = together;
    this.turns = turns;
    this.heads = heads;
    this.delivered = delivered;
    this.freed = freed;
    this.remembering = remembering;
  }

  /**
   * What is to be done to settle a delivery, and what is answered then.
   *
   * @param line the message's key; null: it has none, or stays as it is
   * @param frees whether something may be delivered then
   */
  private record Plan(List<Change> changes, AckResult result, @Nullable Line line, boolean frees) {
    static final Plan EXPIRED = new Plan(List.of(), Leases.expired(), null, false);

    Plan(List<Change> changes, AckResult result) {
      this(changes, result, null, false);
    }
  }

  /**
   * A key with one message less.
   *
   * @param key of its head
   * @param head as it is then
   */
  private record Line(Map<String, AttributeValue> key, Head head) {}

  List<SettlementResult> run(List<Settlement> settlements) {
    @Nullable SettlementResult[] results = new SettlementResult[settlements.size()];
    List<Runnable> tasks = new ArrayList<>();
    for (int i = 0; i < results.length; i++) {
      Settlement settlement = settlements.get(i);
      if (settlement.once() != null) {
        int place = i;
        tasks.add(() -> results[place] = once(settlement));
        continue;
      }
      List<AckResult> own =
          new ArrayList<>(Collections.nCopies(settlement.acks().size(), Leases.expired()));
      results[i] = new SettlementResult.Settled(own);
      for (int j = 0; j < own.size(); j++) {
        int place = j;
        tasks.add(() -> own.set(place, settle(settlement.acks().get(place))));
      }
    }
    together.run(tasks);
    List<SettlementResult> all = new ArrayList<>(results.length);
    for (SettlementResult result : results) {
      if (result == null) {
        throw new IllegalStateException("a settlement was forgotten");
      }
      all.add(result);
    }
    return all;
  }

  /**
   * What this process has delivered is supposed to be as it was then, which is a condition of what
   * is done; where it is not, or is not known, the table is looked at.
   */
  private AckResult settle(Ack ack) {
    try {
      ItemReads now = reads.get();
      Ready known = known(now, ack);
      Ready ready = known == null ? held(now, ack) : known;
      if (ready == null) {
        return Leases.expired();
      }
      List<Map<String, AttributeValue>> turn =
          ready.messageKey().length == 0
              ? List.of()
              : List.of(
                  MailboxItems.head(now.namespace(), ack.receipt().topic(), ready.messageKey()));
      return turns.at(
          turn, now.deadline().leftMillis(), () -> settle(now, ack, ready, known != null));
    } catch (PrismException e) {
      return new AckResult.Failed(e.status());
    }
  }

  private AckResult settle(ItemReads first, Ack ack, Ready seen, boolean known) {
    ItemReads now = first;
    Ready ready = seen;
    boolean supposes = known;
    for (int attempt = 0; ; attempt++) {
      Plan plan = ready == null ? Plan.EXPIRED : plan(now, ack, ready, supposes);
      if (plan.changes().isEmpty()) {
        return plan.result();
      }
      AllOrNone.Refusal refusal = send(now, plan);
      if (refusal == null) {
        if (plan.frees()) {
          freed.accept(ack.receipt().topic());
        }
        return plan.result();
      }
      boolean look = supposes && refusal.failure() == Failure.CONDITION;
      if (!refusal.mayPass() || (!look && !first.deadline().pause(attempt))) {
        return new AckResult.Failed(Refusals.of(refusal).status());
      }
      supposes = false;
      now = reads.get();
      ready = held(now, ack);
    }
  }

  private AllOrNone.@Nullable Refusal send(ItemReads now, Plan plan) {
    Line line = plan.line();
    boolean done = false;
    try {
      AllOrNone.Refusal refusal = AllOrNone.send(now, plan.changes());
      done = refusal == null;
      return refusal;
    } finally {
      if (line != null && done) {
        heads.written(line.key(), line.head());
      } else if (line != null) {
        heads.forget(line.key());
      }
    }
  }

  /** The message as a reader of this process was delivered it, where that is in force. */
  private @Nullable Ready known(ItemReads now, Ack ack) {
    Ready ready = delivered.apply(ack.receipt());
    return ready != null && isInForce(ready, now, ack) ? ready : null;
  }

  private static boolean isInForce(Ready ready, ItemReads now, Ack ack) {
    long token = ack.receipt().token();
    return ready.since() == MailboxConsumer.since(token)
        && ready.tries() == MailboxConsumer.tries(token)
        && ready.due() > now.now();
  }

  /** The message, where the delivery is in force. */
  private static @Nullable Ready held(ItemReads now, Ack ack) {
    Receipt receipt = ack.receipt();
    long token = receipt.token();
    Map<String, AttributeValue> item =
        now.one(
            MailboxItems.readyKey(
                now.namespace(), receipt.topic(), MailboxConsumer.since(token), receipt.offset()));
    Ready ready = item == null ? null : Ready.of(item);
    return ready != null && isInForce(ready, now, ack) ? ready : null;
  }

  private Plan plan(ItemReads now, Ack ack, Ready ready, boolean supposes) {
    Receipt receipt = ack.receipt();
    String namespace = now.namespace();
    String mailbox = receipt.topic();
    Condition held = ready.held(now.now());
    AckResult taken = new AckResult.Taken(0);
    return switch (ack.outcome()) {
      case Ack.Outcome.Extended(long byMillis) -> {
        long until = now.now() + byMillis;
        yield new Plan(List.of(ready.until(until, held)), new AckResult.Taken(until));
      }
      case Ack.Outcome.Again(long delayMillis) -> {
        if (delayMillis == 0) {
          yield new Plan(List.of(ready.until(now.now(), held)), taken, null, true);
        }
        // It is not looked at until then, however many others wait as it does.
        Ready later = ready.at(namespace, mailbox, now.now() + delayMillis);
        yield new Plan(
            List.of(
                new Change.Delete(ready.key(), held),
                new Change.Put(later.item(), Condition.missing())),
            taken,
            null,
            true); // it is looked when that is
      }
      case Ack.Outcome.Done _ -> {
        Plan removed = removed(now, mailbox, ready, held, supposes);
        Map<String, AttributeValue> message = MailboxItems.message(namespace, mailbox, ready.id());
        removed.changes().add(new Change.Delete(message, Condition.there()));
        MailboxItems.parts(message, ready.parts())
            .forEach(part -> removed.changes().add(new Change.Delete(part, Condition.there())));
        yield removed;
      }
      case Ack.Outcome.Dead(String _, String reason) -> {
        Plan removed = removed(now, mailbox, ready, held, supposes);
        removed
            .changes()
            .add(
                new Change.Update(
                    MailboxItems.message(namespace, mailbox, ready.id()),
                    "SET " + MailboxItems.DEAD + " = :reason",
                    Map.of(":reason", AttributeValue.fromS(reason)),
                    Condition.there()));
        yield removed;
      }
    };
  }

  /** What lets the next message of the key pass, if there is a key. */
  private Plan removed(
      ItemReads now, String mailbox, Ready ready, Condition held, boolean supposes) {
    List<Change> changes = new ArrayList<>();
    AckResult taken = new AckResult.Taken(0);
    changes.add(new Change.Delete(ready.key(), held));
    byte[] key = ready.messageKey();
    if (key.length == 0) {
      return new Plan(changes, taken);
    }
    Map<String, AttributeValue> headKey = MailboxItems.head(now.namespace(), mailbox, key);
    Head supposed = supposes ? heads.of(headKey) : null;
    List<Map<String, AttributeValue>> behind = List.of();
    Head head;
    if (supposed != null && supposed.open() == 1) {
      head = supposed; // this one is the last
    } else {
      List<Map<String, AttributeValue>> line = line(now, mailbox, key);
      if (line.isEmpty() || !MailboxItems.isHead(line.getFirst())) {
        throw PrismException.of(Reason.DATA_CORRUPT, "a mailbox's key has no head in the table");
      }
      head = Head.of(line.getFirst());
      behind = line.subList(1, line.size());
    }
    changes.add(MailboxItems.head(headKey, head, head.less(), now.now()));
    changes.add(MailboxItems.removedPlace(now.namespace(), mailbox, key, ready.sequence()));
    boolean frees = false;
    for (Map<String, AttributeValue> placed : behind) {
      if (MailboxItems.sequence(placed) > ready.sequence()) {
        changes.add(
            new Change.Put(
                MailboxItems.next(now.namespace(), mailbox, key, placed, now.now()).item(),
                Condition.missing()));
        frees = true;
        break;
      }
    }
    return new Plan(changes, taken, new Line(headKey, head.less()), frees);
  }

  /** A key's head and the first places behind it. */
  private List<Map<String, AttributeValue>> line(ItemReads now, String mailbox, byte[] key) {
    Map<String, AttributeValue> values =
        Map.of(":pk", MailboxItems.line(now.namespace(), mailbox, key));
    return dynamo.read(
        now.deadline(),
        client ->
            client
                .query(
                    query ->
                        query
                            .tableName(now.table())
                            .keyConditionExpression("pk = :pk")
                            .expressionAttributeValues(values)
                            .limit(LINE)
                            .consistentRead(true))
                .items());
  }

  /** All of a caller's together with what is remembered of them. */
  private SettlementResult once(Settlement settlement) {
    Remembering once = remembering.apply(settlement);
    Deadline deadline = reads.get().deadline();
    SettlementResult sent = null;
    try {
      for (int attempt = 0; ; attempt++) {
        switch (once.look()) {
          case Remembering.Known.Response(byte[] response) -> {
            return new SettlementResult.Replayed(response);
          }
          case Remembering.Known.Done _ -> {
            if (sent != null) {
              return settled(settlement, sent);
            }
          }
          case Remembering.Known.Nothing _, Remembering.Known.Processed _ -> {}
        }
        ItemReads now = reads.get();
        List<AckResult> results = new ArrayList<>();
        List<TransactWriteItem> changes = new ArrayList<>();
        Set<Receipt> seen = new HashSet<>();
        for (Ack ack : settlement.acks()) {
          Ready ready = seen.add(ack.receipt()) ? held(now, ack) : null;
          Plan plan = ready == null ? Plan.EXPIRED : plan(now, ack, ready, false);
          Line line = plan.line();
          if (line != null) {
            heads.forget(line.key()); // it is not as it was, whatever becomes of this
          }
          results.add(plan.result());
          plan.changes().forEach(each -> changes.add(each.together(now.table())));
        }
        changes.addAll(once.changes(settlement.encode().apply(results)));
        if (changes.size() > AllOrNone.MOST_CHANGES) {
          throw Refusals.tooManyAcks();
        }
        sent = new SettlementResult.Settled(results);
        AllOrNone.Refusal refusal = AllOrNone.send(dynamo, deadline, changes);
        if (refusal == null) {
          return settled(settlement, sent);
        }
        if (!refusal.mayPass() || !deadline.pause(attempt)) {
          return new SettlementResult.Failed(Refusals.of(refusal).status());
        }
      }
    } catch (PrismException e) {
      return sent != null && e.reason() == Reason.OUTCOME_UNKNOWN && once.isDone()
          ? settled(settlement, sent)
          : new SettlementResult.Failed(e.status());
    }
  }

  private SettlementResult settled(Settlement settlement, SettlementResult result) {
    settlement.acks().stream().map(ack -> ack.receipt().topic()).distinct().forEach(freed);
    return result;
  }
}
