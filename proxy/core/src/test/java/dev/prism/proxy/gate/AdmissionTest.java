package dev.prism.proxy.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class AdmissionTest {
  private final Admission admission = new Admission(2);

  @Test
  void beforeTheServerIsReadyACallIsToldToTryAgain() {
    assertThat(refusal()).isEqualTo(Reason.PLUGIN_UNAVAILABLE);
  }

  @Test
  void oneCallMoreThanTheLimitIsOverloadedAndTakesNoPlace() {
    admission.open();
    admission.admit();
    admission.admit();

    assertThat(refusal()).isEqualTo(Reason.OVERLOADED);
    assertThat(admission.inFlight()).isEqualTo(2);
  }

  @Test
  void aDrainWaitsForTheCallsInFlight() throws InterruptedException {
    admission.open();
    admission.admit();
    Thread call =
        Thread.startVirtualThread(
            () -> {
              while (admission.isOpen()) {
                Thread.onSpinWait();
              }
              admission.release();
            });

    boolean drained = admission.drain(Duration.ofSeconds(10));

    call.join();
    assertThat(drained).isTrue();
    assertThat(refusal()).isEqualTo(Reason.SHUTTING_DOWN);
  }

  @Test
  void aDrainGivesUpAfterItsGrace() {
    admission.open();
    admission.admit();

    assertThat(admission.drain(Duration.ofMillis(5))).isFalse();
  }

  private Reason refusal() {
    return catchThrowableOfType(PrismException.class, admission::admit).reason();
  }
}
