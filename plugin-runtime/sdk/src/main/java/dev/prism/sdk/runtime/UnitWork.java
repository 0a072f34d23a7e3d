package dev.prism.sdk.runtime;

import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/**
 * A unit as the store gets it, and how its results become the caller's answer.
 *
 * @param unit the writes in order of their keys, unless the store takes them in any order
 * @param exclusive what no other unit of the same batch may share: its keys and, because a batch of
 *     one statement cannot remember the same idempotency key twice, that
 * @param encode makes the response's bytes of the results in the unit's order
 * @param single whether the request is about one key, so that its failure is the call's
 */
record UnitWork(
    Unit unit, List<Key> exclusive, Function<List<WriteResult>, byte[]> encode, boolean single) {

  /** A request's unit, and how its results are encoded. */
  record Decoded(Unit unit, Function<List<WriteResult>, byte[]> encode, boolean single) {}

  /**
   * @param inOrder as {@code Execution.inOrder}: then the unit goes to the store as it is
   */
  static UnitWork of(Decoded decoded, boolean inOrder) {
    Unit unit = decoded.unit();
    if (inOrder) {
      return new UnitWork(unit, List.of(), decoded.encode(), decoded.single());
    }
    if (unit.writes().size() == 1) {
      return new UnitWork(unit, exclusive(unit), decoded.encode(), decoded.single());
    }
    int[] order = order(unit.writes());
    Function<List<WriteResult>, byte[]> encode =
        results -> decoded.encode().apply(restore(order, results));
    Unit.Idempotency idempotency = unit.idempotency();
    Unit sorted =
        new Unit(
            Arrays.stream(order).mapToObj(unit.writes()::get).toList(),
            unit.atomic(),
            idempotency == null
                ? null
                : new Unit.Idempotency(
                    idempotency.scope(), idempotency.key(), idempotency.fingerprint(), encode));
    return new UnitWork(sorted, exclusive(sorted), encode, decoded.single());
  }

  Answer answer(UnitResult result) {
    return switch (result) {
      case UnitResult.Applied(List<WriteResult> results)
          when single && results.getFirst() instanceof WriteResult.Failed failed ->
          new Answer.Refusal(failed.status());
      case UnitResult.Applied(List<WriteResult> results) -> new Answer.Reply(encode.apply(results));
      case UnitResult.Replayed(byte[] response) -> new Answer.Reply(response);
      case UnitResult.Failed failed -> new Answer.Refusal(failed.status());
    };
  }

  private static List<Key> exclusive(Unit unit) {
    List<Key> keys = new ArrayList<>(unit.writes().size() + 1);
    for (Write write : unit.writes()) {
      keys.add(write.key());
    }
    Unit.Idempotency idempotency = unit.idempotency();
    if (idempotency != null) {
      // No collection has an empty name, so this is no item's key.
      keys.add(new Key("", idempotency.scope(), idempotency.key()));
    }
    return keys;
  }

  private static int[] order(List<Write> writes) {
    Integer[] order = new Integer[writes.size()];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparing(i -> writes.get(i).key(), StoreBackends.keyOrder()));
    return Arrays.stream(order).mapToInt(Integer::intValue).toArray();
  }

  private static List<WriteResult> restore(int[] order, List<WriteResult> sorted) {
    WriteResult[] results = new WriteResult[order.length];
    for (int i = 0; i < order.length; i++) {
      results[order[i]] = sorted.get(i);
    }
    return Arrays.asList(results);
  }
}
