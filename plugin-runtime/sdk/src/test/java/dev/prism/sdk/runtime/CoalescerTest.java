package dev.prism.sdk.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.Keyvalue;
import dev.prism.link.CallHeader;
import dev.prism.options.Options;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.runtime.Work.Group;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.ConsistencyLevel;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Hazard 22, where the random runs of {@link CoalescerModelTest} would not notice. */
@Timeout(20)
class CoalescerTest {
  @RegisterExtension static final QuietLog QUIET = new QuietLog();

  private final List<List<String>> asked = new ArrayList<>();
  private final List<FakeCall> calls = new ArrayList<>();
  private final PluginMetrics metrics = new PluginMetrics();

  private Coalescer<String, String> coalescer(
      Coalescer.Limits limits, UnaryOperator<List<String>> backend) {
    return new Coalescer<>(
        (group, queries) -> {
          asked.add(List.copyOf(queries));
          return backend.apply(List.copyOf(queries));
        },
        false,
        limits,
        new AnswerEvents<>(
            new Answers(metrics, "test", 1 << 20), metrics.call("write"), false, false));
  }

  private void offer(Coalescer<String, String> coalescer, String... names) {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    for (String name : names) {
      FakeCall call = new FakeCall(FakeCall.header(2, "n", name, deadline), new byte[0]);
      calls.add(call);
      coalescer.offer(
          new Work<>(
              call,
              metrics.operation("Put"),
              new Group("n", Consistency.STRONG),
              name,
              List.of(),
              1,
              1,
              System.nanoTime(),
              result -> new Answer.Reply(new byte[0])));
    }
  }

  /** Writes of {@code names} in one batch to a backend that answers as {@code backend} does. */
  private void run(UnaryOperator<List<String>> backend, String... names) {
    Coalescer<String, String> coalescer =
        coalescer(new Coalescer.Limits(8, 400, 64, 4000), backend);
    offer(coalescer, names);
    while (coalescer.runBatch(() -> {})) {
      // Until all are answered.
    }
    assertThat(calls).extracting(FakeCall::answers).containsOnly(1);
  }

  private List<String> reasons() {
    return calls.stream().map(FakeCall::reason).toList();
  }

  @Test
  void aCallerThatGoesWhileItsBatchFailsIsNotSentAlone() {
    run(
        batch -> {
          calls.get(1).over = true;
          throw PrismException.of(Reason.FIELD_INVALID, "one of them is guilty");
        },
        "first",
        "gone",
        "third");

    assertThat(asked)
        .containsExactly(List.of("first", "gone", "third"), List.of("first"), List.of("third"));
  }

  @Test
  void aBackendThatIsNotThereIsAskedOnceForAll() {
    run(
        batch -> {
          throw PrismException.of(Reason.BACKEND_UNAVAILABLE, "gone");
        },
        "first",
        "second");

    assertThat(asked).hasSize(1);
    assertThat(reasons()).containsOnly("BACKEND_UNAVAILABLE");
  }

  @Test
  void aBackendThatGoesWhileTheGuiltyIsSoughtIsNotAskedOn() {
    run(
        batch -> {
          throw PrismException.of(
              batch.size() > 1 ? Reason.FIELD_INVALID : Reason.BACKEND_UNAVAILABLE, "no");
        },
        "first",
        "second",
        "third");

    assertThat(asked).containsExactly(List.of("first", "second", "third"), List.of("first"));
    assertThat(reasons()).containsOnly("BACKEND_UNAVAILABLE");
  }

  @Test
  void aBackendThatAnswersSomeWritesOnlyIsNotAskedForTheRest() {
    run(batch -> batch.subList(0, 1), "first", "second");

    assertThat(asked).hasSize(1);
    assertThat(reasons()).containsOnly("INTERNAL");
  }

  /** A backend that has written {@code written} of a batch before it gives results one by one. */
  private final class InParts implements Coalescer.Backend<String, String> {
    private final int written;
    private final List<Integer> answeredBefore = new ArrayList<>();

    InParts(int written) {
      this.written = written;
    }

    @Override
    public List<String> run(Group group, List<String> queries) {
      throw new AssertionError("it is asked in two steps");
    }

    @Override
    public Supplier<List<String>> begin(Group group, List<String> queries) {
      asked.add(List.copyOf(queries));
      AtomicInteger given = new AtomicInteger();
      return () -> {
        answeredBefore.add((int) calls.stream().filter(call -> call.answers() > 0).count());
        if (given.get() == written) {
          throw PrismException.of(Reason.OUTCOME_UNKNOWN, "the rest is not known");
        }
        return List.of(queries.get(given.getAndIncrement()));
      };
    }

    @Override
    public boolean inParts() {
      return true;
    }
  }

  private void run(InParts backend, String... names) {
    Coalescer<String, String> coalescer =
        new Coalescer<>(
            backend,
            false,
            new Coalescer.Limits(8, 400, 64, 4000, 1, 0),
            new AnswerEvents<>(
                new Answers(metrics, "test", 1 << 20), metrics.call("write"), false, false));
    offer(coalescer, names);
    assertThat(coalescer.runBatch(() -> {})).isTrue();
    offer(coalescer, "after");
    assertThat(coalescer.hasWork()).as("nothing is under way").isTrue();
  }

  @Test
  void whatIsWrittenFirstIsAnsweredFirst() {
    InParts backend = new InParts(3);

    run(backend, "one", "two", "three");

    assertThat(asked).hasSize(1);
    assertThat(backend.answeredBefore).containsExactly(0, 1, 2);
    assertThat(reasons().subList(0, 3)).containsOnly("");
  }

  @Test
  void whatIsNotKnownOfTheRestIsToldToTheRestAlone() {
    InParts backend = new InParts(1);

    run(backend, "one", "two", "three");

    assertThat(asked).hasSize(1);
    assertThat(reasons().subList(0, 3)).containsExactly("", "OUTCOME_UNKNOWN", "OUTCOME_UNKNOWN");
  }

  @Test
  void readsThatWantAnotherConsistencyAreNoBatch() {
    FakeStore store = new FakeStore();
    try (PluginRuntime runtime =
        PluginRuntime.start(store, PluginConfig.of(Map.of()), InstantSource.system())) {
      FakeCall strong = get("a", ConsistencyLevel.CONSISTENCY_LEVEL_STRONG);
      FakeCall eventual = get("b", ConsistencyLevel.CONSISTENCY_LEVEL_EVENTUAL);

      runtime.onCall(strong);
      runtime.onCall(eventual);
      runtime.onBatchEnd();

      strong.await();
      eventual.await();
      assertThat(store.reads).extracting(List::size).containsExactly(1, 1);
    }
  }

  private static FakeCall get(String key, ConsistencyLevel level) {
    int operation =
        Keyvalue.getDescriptor()
            .findServiceByName("KeyValueService")
            .findMethodByName("Get")
            .getOptions()
            .getExtension(Options.method)
            .getOperation();
    long now = System.nanoTime();
    long deadline = now + TimeUnit.SECONDS.toNanos(20);
    return new FakeCall(
        new CallHeader(operation, "default", 0, level.getNumber(), 0, deadline, now, "r", null),
        GetRequest.newBuilder().setCollection("c").setKey(key).build().toByteArray());
  }

  @Test
  void whatWaitsGrowsIntoOneBatchWhileMuchIsUnderWay() {
    // Given
    AtomicReference<Runnable> meanwhile = new AtomicReference<>(() -> {});
    Coalescer<String, String> coalescer =
        coalescer(
            new Coalescer.Limits(8, 400, 64, 4000, 1, 0),
            batch -> {
              meanwhile.getAndSet(() -> {}).run();
              return batch;
            });
    List<Boolean> beside = new ArrayList<>();
    offer(coalescer, "one");
    meanwhile.set(
        () -> {
          offer(coalescer, "two");
          offer(coalescer, "three");
          meanwhile.set(
              () -> {
                offer(coalescer, "four");
                beside.add(coalescer.hasWork());
                beside.add(coalescer.runBatch(() -> {}));
              });
          beside.add(coalescer.hasWork());
          beside.add(coalescer.runBatch(() -> {}));
        });

    // When
    while (coalescer.runBatch(() -> {})) {
      // Until all are answered.
    }

    // Then: beside one message another batch goes; beside three none does
    assertThat(asked).containsExactly(List.of("one"), List.of("two", "three"), List.of("four"));
    assertThat(beside).containsExactly(true, false, false, true);
  }

  @Test
  void aBatchWaitsForTheCallersOfALargeOneThatWasJustAnswered() throws Exception {
    // Given
    Coalescer<String, String> coalescer = answered(12, TimeUnit.HOURS.toNanos(1));
    offer(coalescer, names(5));

    // When
    FutureTask<Boolean> next = new FutureTask<>(() -> coalescer.runBatch(() -> {}));
    Thread.ofPlatform().daemon().start(next);
    while (coalescer.hasWork()) {
      Thread.onSpinWait(); // until it has begun with the batch
    }
    offer(coalescer, names(6));

    // Then
    assertThat(next.get()).isTrue();
    assertThat(asked).extracting(List::size).containsExactly(12, 11);
  }

  @Test
  void aBatchWaitsForThemForALimitedTime() {
    Coalescer<String, String> coalescer = answered(12, TimeUnit.MILLISECONDS.toNanos(1));
    offer(coalescer, "alone");

    assertThat(coalescer.runBatch(() -> {})).isTrue();
    assertThat(asked).extracting(List::size).containsExactly(12, 1);
  }

  @Test
  void aBatchWaitsForNobodyAfterASmallOne() {
    Coalescer<String, String> coalescer = answered(11, TimeUnit.HOURS.toNanos(1));
    offer(coalescer, "alone");

    assertThat(coalescer.runBatch(() -> {})).isTrue();
    assertThat(asked).extracting(List::size).containsExactly(11, 1);
  }

  /** One that has just answered a batch. */
  private Coalescer<String, String> answered(int calls, long gatherNanos) {
    Coalescer<String, String> coalescer =
        coalescer(
            new Coalescer.Limits(64, 4000, 64, 4000, Integer.MAX_VALUE, gatherNanos),
            batch -> batch);
    offer(coalescer, names(calls));
    coalescer.runBatch(() -> {});
    return coalescer;
  }

  private static String[] names(int count) {
    return IntStream.range(0, count).mapToObj(i -> "name-" + i).toArray(String[]::new);
  }
}
