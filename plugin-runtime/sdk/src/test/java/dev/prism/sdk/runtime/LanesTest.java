package dev.prism.sdk.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.runtime.Work.Group;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real threads: no wake-up is lost, no call is answered twice, never more lanes than there are. */
class LanesTest {
  private static final int CALLS = 20_000;

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void everyCallIsAnsweredOnce(int lanes) {
    PluginMetrics metrics = new PluginMetrics();
    PluginMetrics.Operation figures = metrics.operation("Get");
    AtomicInteger atWork = new AtomicInteger();
    AtomicInteger mostAtWork = new AtomicInteger();
    AtomicLong sum = new AtomicLong();
    Map<String, Integer> lastOfKey = new ConcurrentHashMap<>();
    Coalescer<Integer, Integer> coalescer =
        new Coalescer<>(
            (group, batch) -> {
              mostAtWork.accumulateAndGet(atWork.incrementAndGet(), Math::max);
              for (int id : batch) {
                sum.addAndGet(id);
                if (lanes == 1) {
                  Integer before = lastOfKey.put(group.namespace() + id % 7, id);
                  assertThat(before == null || before < id).isTrue();
                }
              }
              atWork.decrementAndGet();
              return List.copyOf(batch);
            },
            true,
            new Coalescer.Limits(16, 1 << 20, CALLS, 1 << 30),
            new AnswerEvents<>(
                new Answers(metrics, "test", 1 << 20), metrics.call("read"), false, true));
    List<FakeCall> calls = new ArrayList<>();
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);

    try (Lanes running = new Lanes("test", lanes, coalescer)) {
      for (int id = 0; id < CALLS; id++) {
        FakeCall call = new FakeCall(FakeCall.header(1, "n", "r" + id, deadline), new byte[0]);
        calls.add(call);
        Key key = new Key("c", "p", "k" + id % 7);
        coalescer.offer(
            new Work<>(
                call,
                figures,
                new Group("n" + id % 3, Consistency.STRONG),
                id,
                lanes == 1 ? List.of(key) : List.of(),
                1,
                1,
                System.nanoTime(),
                result -> new Answer.Reply(new byte[0])));
        running.wake();
        if (id % 64 == 0) {
          call.await();
        }
      }
      calls.forEach(FakeCall::await);
    }

    assertThat(sum.get()).isEqualTo((long) CALLS * (CALLS - 1) / 2);
    assertThat(calls).allMatch(call -> call.answers() == 1);
    assertThat(mostAtWork.get()).isLessThanOrEqualTo(lanes);
    assertThat(coalescer.pending()).isZero();
  }

  @Test
  void batchesBeginInOrderWhileEarlierOnesAreAwaited() {
    PluginMetrics metrics = new PluginMetrics();
    PluginMetrics.Operation figures = metrics.operation("Publish");
    List<Integer> begun = Collections.synchronizedList(new ArrayList<>());
    AtomicInteger underWay = new AtomicInteger();
    AtomicInteger mostUnderWay = new AtomicInteger();
    Coalescer<Integer, Integer> coalescer =
        new Coalescer<>(
            new Coalescer.Backend<>() {
              @Override
              public List<Integer> run(Group group, List<Integer> batch) {
                throw new AssertionError("it is asked in two steps");
              }

              @Override
              public Supplier<List<Integer>> begin(Group group, List<Integer> batch) {
                mostUnderWay.accumulateAndGet(underWay.incrementAndGet(), Math::max);
                begun.addAll(batch);
                return () -> {
                  LockSupport.parkNanos(10_000);
                  underWay.decrementAndGet();
                  return List.copyOf(batch);
                };
              }
            },
            false,
            new Coalescer.Limits(16, 1 << 20, CALLS, 1 << 30),
            new AnswerEvents<>(
                new Answers(metrics, "test", 1 << 20), metrics.call("publish"), false, false));
    List<FakeCall> calls = new ArrayList<>();
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);

    try (Lanes running = new Lanes("test", 2, coalescer)) {
      for (int id = 0; id < CALLS; id++) {
        FakeCall call = new FakeCall(FakeCall.header(1, "n", "r" + id, deadline), new byte[0]);
        calls.add(call);
        coalescer.offer(
            new Work<>(
                call,
                figures,
                new Group("n", Consistency.STRONG),
                id,
                List.of(),
                1,
                1,
                System.nanoTime(),
                result -> new Answer.Reply(new byte[0])));
        if (coalescer.hasWork()) {
          running.wake();
        }
      }
      calls.forEach(FakeCall::await);
    }

    assertThat(begun).isSorted().hasSize(CALLS);
    assertThat(mostUnderWay.get()).isEqualTo(2);
    assertThat(calls).allMatch(call -> call.answers() == 1);
  }
}
