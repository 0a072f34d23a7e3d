package dev.prism.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class CreditTest {
  @Test
  @Timeout(60)
  void aClearanceThatComesWhileTheSenderLooksIsNotLost() throws InterruptedException {
    // Given a sender that looks all the time
    int rounds = 200_000;
    Credit credit = new Credit();
    AtomicInteger taken = new AtomicInteger();
    Thread sender =
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  while (taken.get() < rounds) {
                    if (credit.takeCleared()) {
                      taken.incrementAndGet();
                    }
                  }
                });

    // When it is cleared once for each announcement
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    for (int round = 0; round < rounds && System.nanoTime() < limit; round++) {
      credit.clear();
      while (taken.get() == round && System.nanoTime() < limit) {
        Thread.onSpinWait();
      }
    }

    // Then
    assertThat(taken).hasValue(rounds);
    sender.join();
  }
}
