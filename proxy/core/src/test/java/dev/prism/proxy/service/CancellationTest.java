package dev.prism.proxy.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Hazard 1: a thread that writes to the client is never interrupted. */
@Timeout(30)
class CancellationTest {
  private final Cancellation cancellation = new Cancellation();

  @Test
  void aCallThatWasCancelledBeforeItBeganDoesNotBegin() {
    cancellation.cancel();

    assertThat(cancellation.begin()).isFalse();
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void aWaitingCallIsInterruptedAndLeavesNoInterruptBehind() throws InterruptedException {
    CountDownLatch waiting = new CountDownLatch(1);
    AtomicBoolean finished = new AtomicBoolean(true);
    AtomicBoolean leftBehind = new AtomicBoolean(true);
    Thread call =
        Thread.startVirtualThread(
            () -> {
              cancellation.begin();
              waiting.countDown();
              LockSupport.park();
              finished.set(cancellation.finish());
              leftBehind.set(Thread.currentThread().isInterrupted());
            });
    waiting.await();

    cancellation.cancel();

    call.join();
    assertThat(finished).isFalse();
    assertThat(leftBehind).isFalse();
  }

  @Test
  void aWritingCallIsNotInterruptedAndLearnsOfItAfterwards() {
    cancellation.begin();
    assertThat(cancellation.beginWrite()).isTrue();

    cancellation.cancel();

    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    assertThat(cancellation.endWrite()).isFalse();
    assertThat(cancellation.finish()).isFalse();
  }

  @Test
  void aCallThatFinishedCannotBeCancelled() {
    cancellation.begin();
    assertThat(cancellation.finish()).isTrue();

    cancellation.cancel();

    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void aCallThatEndsWhileItIsBeingInterruptedWaitsForThatAndWritesWithoutIt() throws Exception {
    // Given a call that is about to end, and whose canceller is slow at interrupting it
    CountDownLatch waiting = new CountDownLatch(1);
    CountDownLatch interrupting = new CountDownLatch(1);
    CountDownLatch finished = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    AtomicBoolean whileItWrote = new AtomicBoolean();
    Thread call =
        new Thread(
            () -> {
              cancellation.begin();
              waiting.countDown();
              awaitUninterruptibly(interrupting);
              cancellation.finish();
              finished.countDown();
              whileItWrote.set(awaitUninterruptibly(interrupted));
            }) {
          @Override
          public void interrupt() {
            interrupting.countDown();
            try {
              // Comes to its end only where the call does not wait for this.
              finished.await(300, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            super.interrupt();
            interrupted.countDown();
          }
        };
    call.start();
    waiting.await();

    // When
    cancellation.cancel();

    // Then
    call.join();
    assertThat(whileItWrote).isFalse();
  }

  @Test
  void whoeverWinsTheRaceTheWriterIsNeverInterrupted() throws InterruptedException {
    for (int round = 0; round < 2000; round++) {
      Cancellation raced = new Cancellation();
      AtomicBoolean interruptedWriter = new AtomicBoolean();
      CountDownLatch begun = new CountDownLatch(1);
      Thread call =
          Thread.startVirtualThread(
              () -> {
                raced.begin();
                begun.countDown();
                raced.finish();
                interruptedWriter.set(Thread.currentThread().isInterrupted());
              });
      begun.await();
      raced.cancel();
      call.join();

      assertThat(interruptedWriter).isFalse();
    }
  }

  /** Waits, and says whether the thread was interrupted meanwhile or before. */
  private static boolean awaitUninterruptibly(CountDownLatch latch) {
    boolean interrupted = false;
    while (true) {
      try {
        latch.await();
        return interrupted || Thread.interrupted();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
  }
}
