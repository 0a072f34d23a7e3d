package dev.prism.plugin.dynamodb;

import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The writes of one batch: puts on no condition together, up to 25 a request; what must be atomic
 * or is to be remembered in transactions; every other write as a request of its own. All of these
 * are under way at the same time.
 */
final class ItemWrites {
  private final ItemReads reads;
  private final Etags etags;
  private final List<Unit> units;
  private final @Nullable UnitResult[] whole;
  private final @Nullable WriteResult[][] each;
  private final List<Runnable> requests = new ArrayList<>();
  private final List<PlainPuts.One> plain = new ArrayList<>();
  private final SharedTransactions shared;

  /**
   * @param reads consistent ones, and until when to try
   */
  ItemWrites(ItemReads reads, Etags etags, List<Unit> units) {
    this.reads = reads;
    this.etags = etags;
    this.units = units;
    this.shared = new SharedTransactions(reads);
    this.whole = new UnitResult[units.size()];
    this.each = new WriteResult[units.size()][];
  }

  /** Applies the units. */
  List<UnitResult> run(Together together) {
    for (int i = 0; i < units.size(); i++) {
      int at = i;
      Unit unit = units.get(i);
      each[i] = new WriteResult[unit.writes().size()];
      if (unit.idempotency() != null || (unit.atomic() && unit.writes().size() > 1)) {
        transact(new UnitTransaction(reads, etags, unit), result -> whole[at] = result);
      } else {
        for (int j = 0; j < unit.writes().size(); j++) {
          int place = j;
          add(unit.writes().get(j), result -> each[at][place] = result);
        }
      }
    }
    int chunks = Math.ceilDiv(plain.size(), PlainPuts.MOST);
    for (int i = 0; i < chunks; i++) {
      List<PlainPuts.One> chunk =
          plain.subList(i * plain.size() / chunks, (i + 1) * plain.size() / chunks);
      requests.add(() -> new PlainPuts(reads, chunk).run());
    }
    Queue<SharedTransactions.Member> alone = new ConcurrentLinkedQueue<>();
    requests.addAll(shared.requests(alone::add));
    together.run(requests);
    together.run(
        alone.stream()
            .<Runnable>map(each -> () -> each.result().accept(each.unit().run()))
            .toList());
    return results();
  }

  private void transact(UnitTransaction unit, Consumer<UnitResult> result) {
    if (unit.isPlain() && unit.changes() <= AllOrNone.MOST_CHANGES) {
      shared.add(unit, result);
    } else {
      requests.add(() -> result.accept(unit.run()));
    }
  }

  private void add(Write write, Consumer<WriteResult> result) {
    if (write instanceof Write.Put put && Writes.isPlain(put)) {
      long expiry = Writes.expiry(put, null);
      Map<String, AttributeValue> item =
          ItemAttributes.item(
              ItemAttributes.key(reads.namespace(), put.key()),
              put.value(),
              etags.next(),
              expiry,
              put.contentType(),
              put.metadata());
      plain.add(new PlainPuts.One(item, expiry, result));
    } else if (Writes.needsLook(write)) {
      requests.add(() -> result.accept(alone(write)));
    } else {
      requests.add(() -> result.accept(new SingleWrite(reads, write, etags.next()).run()));
    }
  }

  private WriteResult alone(Write write) {
    return switch (new UnitTransaction(reads, etags, new Unit(List.of(write), false, null)).run()) {
      case UnitResult.Applied(List<WriteResult> results) -> results.getFirst();
      case UnitResult.Failed(var status) -> new WriteResult.Failed(status);
      case UnitResult.Replayed _ -> throw new IllegalStateException("there is nothing to replay");
    };
  }

  private List<UnitResult> results() {
    List<UnitResult> results = new ArrayList<>(units.size());
    for (int i = 0; i < units.size(); i++) {
      UnitResult result = whole[i];
      results.add(result == null ? new UnitResult.Applied(Arrays.asList(each[i])) : result);
    }
    return results;
  }
}
