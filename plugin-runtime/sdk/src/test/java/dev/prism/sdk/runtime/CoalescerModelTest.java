package dev.prism.sdk.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.runtime.Work.Group;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Random operations on few keys, random failures of a fake backend, random timing: each run is
 * decided by its seed, and a run that fails prints it. The model is what hazard 22 says: what was
 * applied per key is what was offered per key, in that order, less what was refused; only the
 * guilty are refused; nobody is answered twice or not at all.
 */
class CoalescerModelTest {
  private static final int RUNS = 2000;
  private static final int MOST_WEIGHT = 8;
  private static final long MOST_BYTES = 400;

  /** What a call asks of the fake backend. */
  private record Op(int id, List<Key> keys, Fate fate) {}

  /** What the fake backend does with a batch that holds the call. */
  private enum Fate {
    FINE,
    /** Fails every batch that it is in, definitely. */
    GUILTY,
    /** Fails every batch that it is in, with an outcome that nobody knows. */
    UNKNOWN,
    /** Breaks every batch that it is in, and says nothing about the outcome. */
    BROKEN,
    /** The backend is not there while this is asked. */
    UNAVAILABLE
  }

  @RegisterExtension static final QuietLog QUIET = new QuietLog();

  private final PluginMetrics metrics = new PluginMetrics();
  private final PluginMetrics.Operation figures = metrics.operation("Put");

  @Test
  void orderPerKeyAndTheIsolationOfErrorsHoldWhateverHappens() {
    long first = System.nanoTime();
    for (int run = 0; run < RUNS; run++) {
      long seed = first + run;
      try {
        new Run(seed).play();
      } catch (Throwable e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  private final class Run {
    private final Random random;
    private final boolean inOrder;
    private final boolean repeatable;
    private final Coalescer<Op, Integer> coalescer;
    private final Map<Integer, FakeCall> calls = new HashMap<>();
    private final Map<Integer, Op> ops = new HashMap<>();
    private final Map<Integer, Group> groups = new HashMap<>();
    private final Map<Integer, Integer> sent = new HashMap<>();
    private final Set<Integer> expired = new HashSet<>();
    private final Set<Integer> beside = new HashSet<>();
    private final List<Integer> applied = new ArrayList<>();
    private AssertionError violation;
    private int next;

    Run(long seed) {
      random = new Random(seed);
      inOrder = random.nextBoolean();
      repeatable = random.nextInt(4) == 0;
      coalescer =
          new Coalescer<>(
              this::backend,
              repeatable,
              new Coalescer.Limits(MOST_WEIGHT, MOST_BYTES, 64, 4000),
              new AnswerEvents<>(
                  new Answers(metrics, "test", 1 << 20), metrics.call("write"), false, false));
    }

    void play() {
      int steps = 5 + random.nextInt(60);
      for (int i = 0; i < steps; i++) {
        if (random.nextInt(3) > 0) {
          offer();
        } else {
          coalescer.runBatch(() -> {});
        }
      }
      while (coalescer.runBatch(() -> {})) {
        // Until all are answered.
      }
      check();
    }

    private void offer() {
      int id = next++;
      Group group = new Group("n" + random.nextInt(3), Consistency.STRONG);
      Set<Key> keys = new HashSet<>();
      int count = random.nextInt(5) == 0 ? 1 + random.nextInt(4) : 1;
      for (int i = 0; i < count; i++) {
        String key = "k" + random.nextInt(5);
        keys.add(new Key("c", key, key));
      }
      int dice = random.nextInt(40);
      Fate fate = dice < Fate.values().length ? Fate.values()[dice] : Fate.FINE;
      Op op = new Op(id, List.copyOf(keys), fate);
      boolean late = random.nextInt(15) == 0;
      long deadline = System.nanoTime() + (late ? -1 : TimeUnit.MINUTES.toNanos(1));
      FakeCall call =
          new FakeCall(FakeCall.header(2, group.namespace(), "r" + id, deadline), new byte[0]);
      if (late) {
        expired.add(id);
      }
      calls.put(id, call);
      ops.put(id, op);
      groups.put(id, group);
      try {
        coalescer.offer(
            new Work<>(
                call,
                figures,
                group,
                op,
                inOrder ? List.of() : op.keys(),
                op.keys().size(),
                1 + random.nextInt(120),
                System.nanoTime(),
                result -> new Answer.Reply(ByteBuffer.allocate(4).putInt(result).array())));
      } catch (PrismException e) {
        assertThat(e.reason()).isEqualTo(Reason.OVERLOADED);
        calls.remove(id);
        ops.remove(id);
        expired.remove(id);
      }
    }

    /** The fake backend. While it works, others may come, or stop waiting. */
    private List<Integer> backend(Group group, List<Op> asked) {
      boolean stops = repeatable && random.nextInt(4) == 0;
      List<Op> batch = stops ? asked.subList(0, 1 + random.nextInt(asked.size())) : asked;
      try {
        checkBatch(group, asked);
      } catch (AssertionError e) {
        // Thrown from here it would be one more failure of the backend.
        violation = violation == null ? e : violation;
      }
      for (int i = random.nextInt(3); i > 0; i--) {
        offer();
      }
      for (Op op : batch) {
        sent.merge(op.id(), 1, Integer::sum);
      }
      for (Op op : batch) {
        switch (op.fate()) {
          case FINE -> {}
          case GUILTY -> throw PrismException.of(Reason.FIELD_INVALID, "guilty");
          case UNAVAILABLE -> throw PrismException.of(Reason.BACKEND_UNAVAILABLE, "gone");
          case UNKNOWN -> {
            beside.addAll(asked.stream().map(Op::id).toList());
            throw PrismException.of(Reason.OUTCOME_UNKNOWN, "unknown");
          }
          case BROKEN -> {
            if (!repeatable) {
              beside.addAll(asked.stream().map(Op::id).toList());
            }
            throw new Broken();
          }
        }
      }
      List<Integer> results = new ArrayList<>();
      for (Op op : batch) {
        applied.add(op.id());
        results.add(op.id());
      }
      return results;
    }

    private void checkBatch(Group group, List<Op> batch) {
      Set<Key> keys = new HashSet<>();
      int weight = 0;
      for (Op op : batch) {
        assertThat(groups.get(op.id()).namespace()).isEqualTo(group.namespace());
        assertThat(beside).as("sent again after an unknown outcome").doesNotContain(op.id());
        assertThat(expired).as("sent after its deadline").doesNotContain(op.id());
        weight += op.keys().size();
        if (!inOrder) {
          for (Key key : op.keys()) {
            assertThat(keys.add(key)).as("one write per key per batch").isTrue();
          }
        }
      }
      assertThat(weight).isLessThanOrEqualTo(Math.max(MOST_WEIGHT, batch.getFirst().keys().size()));
    }

    private void check() {
      if (violation != null) {
        throw violation;
      }
      assertThat(coalescer.pending()).isZero();
      checkOrder();
      calls.forEach(
          (id, call) -> {
            assertThat(call.answers()).as("answers of " + id).isEqualTo(1);
            Fate fate = ops.get(id).fate();
            boolean done = applied.contains(id);
            if (expired.contains(id)) {
              assertThat(call.reason()).isEqualTo("DEADLINE_EXCEEDED");
              assertThat(done).isFalse();
              return;
            }
            if (done) {
              assertThat(ByteBuffer.wrap(call.response()).getInt()).isEqualTo(id);
            }
            switch (call.reason()) {
              case "" -> assertThat(fate).isEqualTo(Fate.FINE);
              case "FIELD_INVALID" -> assertThat(fate).isEqualTo(Fate.GUILTY);
              case "OUTCOME_UNKNOWN" -> assertThat(beside).contains(id);
              case "BACKEND_UNAVAILABLE" -> assertThat(done).isFalse();
              case "INTERNAL" -> {
                if (repeatable) {
                  assertThat(fate).isEqualTo(Fate.BROKEN);
                }
                assertThat(done).isFalse();
              }
              default -> throw new AssertionError(call.reason());
            }
            // At most with the batch and alone; not again after an outcome nobody knows.
            assertThat(sent.getOrDefault(id, 0)).isLessThanOrEqualTo(2);
          });
    }

    /** What was applied of a key is what was offered of it, in that order, each at most once. */
    private void checkOrder() {
      assertThat(applied).doesNotHaveDuplicates();
      Map<String, Integer> last = new HashMap<>();
      for (int id : applied) {
        for (Key key : ops.get(id).keys()) {
          String place = groups.get(id).namespace() + "/" + key.key();
          Integer before = last.put(place, id);
          assertThat(before == null || before < id)
              .as("%s of %s was applied before %s", before, place, id)
              .isTrue();
        }
      }
    }
  }

  /** What a driver might throw. */
  private static final class Broken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Broken() {
      super("broken", null, false, false);
    }
  }
}
