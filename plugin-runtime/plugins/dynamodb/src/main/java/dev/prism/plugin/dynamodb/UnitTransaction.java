package dev.prism.plugin.dynamodb;

import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import dev.prism.status.PrismException;
import dev.prism.status.PrismException.Violation;
import dev.prism.status.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * A unit whose writes go together, or with what is remembered of them: it looks at the items,
 * decides, and writes on condition that they are still as it has seen them. Where they are not it
 * looks again.
 */
final class UnitTransaction {
  private static final long REMEMBER_MILLIS = TimeUnit.HOURS.toMillis(25);

  private final ItemReads reads;
  private final Etags etags;
  private final Unit unit;
  private final List<Map<String, AttributeValue>> keys;
  private final @Nullable Map<String, AttributeValue> memory;

  /**
   * @param reads consistent ones, and until when to try
   */
  UnitTransaction(ItemReads reads, Etags etags, Unit unit) {
    this.reads = reads;
    this.etags = etags;
    this.unit = unit;
    this.keys =
        unit.writes().stream()
            .map(write -> ItemAttributes.key(reads.namespace(), write.key()))
            .toList();
    Unit.Idempotency idempotency = unit.idempotency();
    this.memory =
        idempotency == null
            ? null
            : ItemAttributes.remembered(reads.namespace(), idempotency.scope(), idempotency.key());
  }

  /** How many changes it makes at most. */
  int changes() {
    return keys.size() + (memory == null ? 0 : 1);
  }

  /** Whether it may be tried before anything was looked at. */
  boolean isPlain() {
    return unit.writes().stream().allMatch(Writes::isPlain);
  }

  UnitResult run() {
    if (changes() > AllOrNone.MOST_CHANGES) {
      return tooMany(AllOrNone.MOST_CHANGES - (memory == null ? 0 : 1));
    }
    try {
      return decide();
    } catch (PrismException e) {
      return new UnitResult.Failed(e.status());
    }
  }

  private UnitResult tooMany(int most) {
    String must =
        "must have at most "
            + most
            + " entries where it is atomic or has an idempotency key, not "
            + unit.writes().size();
    return new UnitResult.Failed(
        PrismException.invalid(
                Reason.BATCH_SIZE_INVALID,
                "on DynamoDB a batch " + must,
                List.of(new Violation("entries", must)))
            .status());
  }

  private UnitResult decide() {
    boolean look = !isPlain();
    for (int attempt = 0; ; attempt++) {
      Map<Map<String, AttributeValue>, Map<String, AttributeValue>> seen = look ? look() : Map.of();
      UnitResult known = known(memory == null ? null : seen.get(memory));
      if (known != null) {
        return known;
      }
      Plan plan = plan(seen);
      Failure failure = plan.changes().isEmpty() ? null : AllOrNone.make(reads, plan.changes());
      if (failure == null) {
        return plan.result();
      }
      look = true;
      if (failure != Failure.CONDITION
          && failure != Failure.CONFLICT
          && failure != Failure.THROTTLED) {
        throw failure.ofWrite();
      }
      if (!reads.deadline().pause(attempt)) {
        throw (failure == Failure.CONDITION ? Failure.CONFLICT : failure).ofWrite();
      }
    }
  }

  private Map<Map<String, AttributeValue>, Map<String, AttributeValue>> look() {
    List<Map<String, AttributeValue>> wanted = new ArrayList<>(keys);
    if (memory != null) {
      wanted.add(memory);
    }
    boolean swaps = unit.writes().stream().anyMatch(Write.CompareAndSwap.class::isInstance);
    String attributes =
        swaps
            ? null // the answer may be the item that was found
            : String.join(
                ", ",
                ItemAttributes.ALL_BUT_BODY,
                ItemAttributes.FINGERPRINT,
                ItemAttributes.ANSWER);
    Map<Map<String, AttributeValue>, Map<String, AttributeValue>> seen = new HashMap<>();
    reads.many(
        wanted,
        attributes,
        item -> {
          seen.put(ItemReads.keyOf(item), item);
          return true;
        });
    return seen;
  }

  private @Nullable UnitResult known(@Nullable Map<String, AttributeValue> remembered) {
    Unit.Idempotency idempotency = unit.idempotency();
    if (idempotency == null
        || remembered == null
        || !ItemAttributes.isLive(remembered, reads.now())) {
      return null;
    }
    byte[] fingerprint = ItemAttributes.bytes(remembered, ItemAttributes.FINGERPRINT);
    return Arrays.equals(fingerprint, idempotency.fingerprint())
        ? new UnitResult.Replayed(ItemAttributes.bytes(remembered, ItemAttributes.ANSWER))
        : new UnitResult.Failed(
            PrismException.status(
                Reason.IDEMPOTENCY_KEY_REUSED,
                "this idempotency key came with another request before: use a new one"));
  }

  /** What is to be done, and what the caller is told when it was. */
  record Plan(List<Change> changes, UnitResult result) {
    long bytes() {
      return changes.stream().mapToLong(Change::size).sum();
    }
  }

  /** What is to be done where none of the items has to be looked at. */
  Plan plan() {
    return plan(Map.of());
  }

  private Plan plan(Map<Map<String, AttributeValue>, Map<String, AttributeValue>> seen) {
    List<Change> changes = new ArrayList<>();
    List<WriteResult> results = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      Write write = unit.writes().get(i);
      Map<String, AttributeValue> stored = seen.get(keys.get(i));
      Item present =
          stored != null && ItemAttributes.isLive(stored, reads.now())
              ? ItemAttributes.value(stored, write instanceof Write.CompareAndSwap)
              : null;
      if (Writes.holds(write, present)) {
        String etag = etags.next();
        long expiry = Writes.expiry(write, present);
        Condition condition = Writes.isPlain(write) ? null : Condition.unchanged(stored);
        changes.add(Writes.change(write, keys.get(i), etag, expiry, condition));
        results.add(Writes.done(write, etag, expiry));
      } else {
        WriteResult refused = Writes.refused(write, present);
        if (refused instanceof WriteResult.Failed(var status) && unit.atomic()) {
          return undone(new UnitResult.Failed(status));
        }
        results.add(refused);
      }
    }
    if (results.size() == 1 && results.getFirst() instanceof WriteResult.Failed) {
      return undone(new UnitResult.Applied(results));
    }
    if (memory != null && unit.idempotency() != null) {
      changes.add(remember(memory, unit.idempotency(), results));
    }
    Plan plan = new Plan(changes, new UnitResult.Applied(results));
    return plan.bytes() > AllOrNone.MOST_BYTES ? undone(tooLarge(plan.bytes())) : plan;
  }

  /**
   * Nothing is to be done. Where the unit has an idempotency key that it has not taken effect
   * before is asked once more: a look may see what a transaction has written, and not yet that it
   * is remembered.
   */
  private Plan undone(UnitResult result) {
    return new Plan(
        memory == null
            ? List.of()
            : List.of(new Change.Check(memory, Condition.absent(reads.now()))),
        result);
  }

  private static UnitResult tooLarge(long bytes) {
    return new UnitResult.Failed(
        PrismException.status(
            Reason.MESSAGE_TOO_LARGE,
            "on DynamoDB what is written together has at most %d bytes, not %d"
                .formatted(AllOrNone.MOST_BYTES, bytes)));
  }

  private Change remember(
      Map<String, AttributeValue> key, Unit.Idempotency idempotency, List<WriteResult> results) {
    long until = reads.now() + REMEMBER_MILLIS;
    Map<String, AttributeValue> item = new HashMap<>(key);
    item.put(ItemAttributes.FINGERPRINT, ItemAttributes.binary(idempotency.fingerprint()));
    item.put(ItemAttributes.ANSWER, ItemAttributes.binary(idempotency.encode().apply(results)));
    item.put(ItemAttributes.ENDS_MS, ItemAttributes.number(until));
    item.put(ItemAttributes.ENDS, ItemAttributes.ends(until));
    return new Change.Put(item, Condition.absent(reads.now()));
  }
}
