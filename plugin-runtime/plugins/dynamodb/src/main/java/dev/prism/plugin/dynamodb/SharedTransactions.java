package dev.prism.plugin.dynamodb;

import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.status.PrismException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Units that need a transaction each and share some of several: as dear for DynamoDB, and a request
 * where there were many. Only those are here that may be tried without a look; where a transaction
 * is refused, each of its units is to be tried for itself.
 */
final class SharedTransactions {
  /** Half of what a transaction may have: larger ones take longer and meet others more often. */
  private static final int MOST_CHANGES = AllOrNone.MOST_CHANGES / 2;

  private final ItemReads reads;
  private final List<List<Member>> groups = new ArrayList<>();
  private int changes;
  private long bytes;

  /**
   * A unit.
   *
   * @param result who is told what became of it
   */
  record Member(UnitTransaction unit, UnitTransaction.Plan plan, Consumer<UnitResult> result) {}

  SharedTransactions(ItemReads reads) {
    this.reads = reads;
  }

  /** Adds a unit to the last transaction, or to another where that has no room. */
  void add(UnitTransaction unit, Consumer<UnitResult> result) {
    Member member = new Member(unit, unit.plan(), result);
    long more = member.plan().bytes();
    if (groups.isEmpty()
        || changes + unit.changes() > MOST_CHANGES
        || bytes + more > AllOrNone.MOST_BYTES) {
      groups.add(new ArrayList<>());
      changes = 0;
      bytes = 0;
    }
    groups.getLast().add(member);
    changes += unit.changes();
    bytes += more;
  }

  /**
   * What makes the transactions.
   *
   * @param alone is given each unit that is to be tried for itself; any thread
   */
  List<Runnable> requests(Consumer<Member> alone) {
    return groups.stream().<Runnable>map(group -> () -> make(group, alone)).toList();
  }

  private void make(List<Member> group, Consumer<Member> alone) {
    if (group.size() == 1) {
      Member only = group.getFirst();
      only.result().accept(only.unit().run());
      return;
    }
    List<Change> all = group.stream().flatMap(member -> member.plan().changes().stream()).toList();
    try {
      boolean made = AllOrNone.make(reads, all) == null;
      for (Member member : group) {
        if (made) {
          member.result().accept(member.plan().result());
        } else {
          alone.accept(member);
        }
      }
    } catch (PrismException unknown) {
      group.forEach(each -> each.result().accept(new UnitResult.Failed(unknown.status())));
    }
  }
}
