package dev.prism.grpc;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Service {@code test.Answers}: {@code Large} and {@code Small} answer at once, {@code Wait} when
 * it is let, {@code Endless} never ends sending.
 */
final class Answers {
  static final String LARGE = "/test.Answers/Large";
  static final String SMALL = "/test.Answers/Small";
  static final String WAIT = "/test.Answers/Wait";
  static final String ENDLESS = "/test.Answers/Endless";

  static final int SMALL_BYTES = 100;
  static final int LARGE_BYTES = 1 << 20;
  static final int PART_BYTES = 1 << 14;

  /** Calls of {@code Wait} and {@code Endless} that have begun. */
  final Semaphore begun = new Semaphore(0);

  /** Calls of them that have been cancelled. */
  final Semaphore cancelled = new Semaphore(0);

  /** Opens all calls of {@code Wait}. */
  final CountDownLatch let = new CountDownLatch(1);

  /** What {@code Endless} has handed over. */
  final AtomicLong sentBytes = new AtomicLong();

  private final Queue<Thread> senders = new ConcurrentLinkedQueue<>();

  /** Waits until every call of {@code Endless} waits, and none has sent anything for a while. */
  void awaitStillness() {
    long sent = -1;
    while (sent != sentBytes.get()) {
      sent = sentBytes.get();
      for (Thread sender : senders) {
        while (sender.isAlive() && sender.getState() != Thread.State.WAITING) {
          Thread.onSpinWait();
        }
      }
      LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
    }
  }

  ServerServiceDefinition service() {
    return ServerServiceDefinition.builder("test.Answers")
        .addMethod(
            Wire.method("test.Answers/Large", MethodType.UNARY),
            onRequest(call -> Wire.answer(call, new byte[LARGE_BYTES])))
        .addMethod(
            Wire.method("test.Answers/Small", MethodType.UNARY),
            onRequest(call -> Wire.answer(call, new byte[SMALL_BYTES])))
        .addMethod(
            Wire.method("test.Answers/Wait", MethodType.UNARY),
            onRequest(
                call -> {
                  begun.release();
                  try {
                    let.await();
                    Wire.answer(call, new byte[0]);
                  } catch (InterruptedException e) {
                    call.close(Status.CANCELLED, new Metadata());
                  }
                }))
        .addMethod(
            Wire.method("test.Answers/Endless", MethodType.SERVER_STREAMING),
            onRequest(
                call -> {
                  senders.add(Thread.currentThread());
                  begun.release();
                  call.sendHeaders(new Metadata());
                  while (!call.isCancelled()) {
                    call.sendMessage(new byte[PART_BYTES]);
                    sentBytes.addAndGet(PART_BYTES);
                  }
                  senders.remove(Thread.currentThread()); // a thread keeps what it was to run
                }))
        .build();
  }

  private interface OnRequest {
    void answer(ServerCall<byte[], byte[]> call);
  }

  private ServerCallHandler<byte[], byte[]> onRequest(OnRequest then) {
    return (call, headers) -> {
      call.request(1);
      return new ServerCall.Listener<>() {
        @Override
        public void onHalfClose() {
          then.answer(call);
        }

        @Override
        public void onCancel() {
          cancelled.release();
        }
      };
    };
  }
}
