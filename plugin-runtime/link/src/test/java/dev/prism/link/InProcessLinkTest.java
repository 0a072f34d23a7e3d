package dev.prism.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.rpc.Status;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class InProcessLinkTest {
  private static final Hello PROXY = new Hello(1, "proxy", "test", Set.of(), 1 << 20, 1 << 24);
  private static final Hello PLUGIN = new Hello(1, "echo", "test", Set.of(), 1 << 20, 1 << 24);

  static CallHeader header(Duration timeout) {
    long now = System.nanoTime();
    return new CallHeader(7, "tenant", 0, 1, 0, now + timeout.toNanos(), now, "r-1", null);
  }

  @Test
  void anAnswerReachesItsCaller() throws Exception {
    try (Link link = InProcessLink.connect(PROXY, PLUGIN, call -> call.reply(call.request()))) {
      byte[] answer = link.call(header(Duration.ofSeconds(5)), new byte[] {1, 2, 3});

      assertThat(answer).containsExactly(1, 2, 3);
      while (link.stats().inFlight() > 0) {
        Thread.onSpinWait(); // a call is in flight until the plugin lets go, after its answer
      }
    }
  }

  @Test
  void aStatusReachesItsCaller() {
    Status status = Status.newBuilder().setCode(5).setMessage("not here").build();
    try (Link link = InProcessLink.connect(PROXY, PLUGIN, call -> call.fail(status))) {
      assertThatThrownBy(() -> link.call(header(Duration.ofSeconds(5)), new byte[0]))
          .isInstanceOfSatisfying(
              LinkException.class,
              e -> {
                assertThat(e.kind()).isEqualTo(LinkException.Kind.REMOTE);
                assertThat(e.status()).isEqualTo(status);
              });
    }
  }

  @Test
  void aCallerLearnsWhenItsReplyCame() throws Exception {
    // Given
    AtomicLong came = new AtomicLong();
    AtomicLong sent = new AtomicLong();
    CallHandler echo =
        call -> {
          sent.set(System.nanoTime());
          call.reply(call.request());
        };
    try (Link link = InProcessLink.connect(PROXY, PLUGIN, echo)) {
      // When
      link.call(header(Duration.ofSeconds(5)), new byte[0], came::set);

      // Then
      assertThat(came.get() - sent.get()).isPositive();
      assertThat(System.nanoTime() - came.get()).isPositive();
    }
  }

  @Test
  void aCallerLearnsWhenItsFailureCameAndNothingWhereThePluginSaidNothing() {
    AtomicInteger told = new AtomicInteger();
    ReplyTime time = nanoTime -> told.incrementAndGet();
    Status status = Status.newBuilder().setCode(5).build();
    CallHandler failing =
        call -> {
          if (call.request().length > 0) {
            call.fail(status);
          }
        };
    try (Link link = InProcessLink.connect(PROXY, PLUGIN, failing)) {
      assertThatThrownBy(() -> link.call(header(Duration.ofSeconds(5)), new byte[1], time));
      assertThatThrownBy(() -> link.call(header(Duration.ofMillis(30)), new byte[0], time));
    }
    assertThat(told).hasValue(1);
  }

  @Test
  void aCallEndsAtItsDeadline() {
    try (Link link = InProcessLink.connect(PROXY, PLUGIN, call -> {})) {
      assertThatThrownBy(() -> link.call(header(Duration.ofMillis(30)), new byte[0]))
          .isInstanceOfSatisfying(
              LinkException.class,
              e -> assertThat(e.kind()).isEqualTo(LinkException.Kind.DEADLINE));
    }
  }

  @Test
  void aStreamDeliversItsMessagesThenEnds() throws Exception {
    CallHandler three =
        call ->
            Thread.ofVirtual()
                .start(
                    () -> {
                      for (byte i = 0; i < 100; i++) {
                        call.send(new byte[] {i});
                      }
                      call.end();
                    });
    try (Link link = InProcessLink.connect(PROXY, PLUGIN, three);
        Exchange stream = link.open(header(Duration.ofSeconds(5)), new byte[0])) {
      for (byte i = 0; i < 100; i++) {
        assertThat(stream.receive()).containsExactly(i);
      }
      assertThat(stream.receive()).isNull();
    }
  }
}
