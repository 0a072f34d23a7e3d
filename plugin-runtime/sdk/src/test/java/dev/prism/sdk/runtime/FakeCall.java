package dev.prism.sdk.runtime;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import dev.prism.link.CallHeader;
import dev.prism.link.InboundCall;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A call whose answer a test can look at. Counts answers: there must be one. */
final class FakeCall implements InboundCall {
  private final CallHeader header;
  private final byte[] request;
  private final List<byte[]> messages = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch answered = new CountDownLatch(1);
  private int answers;
  private byte[] response;
  private Status status;
  volatile boolean over;

  FakeCall(CallHeader header, byte[] request) {
    this.header = header;
    this.request = request;
  }

  static CallHeader header(int operation, String namespace, String requestId, long deadlineNanos) {
    return new CallHeader(
        operation, namespace, 0, 3, 0, deadlineNanos, System.nanoTime(), requestId, null);
  }

  @Override
  public CallHeader header() {
    return header;
  }

  @Override
  public byte[] request() {
    return request;
  }

  @Override
  public synchronized void reply(byte[] bytes) {
    answers++;
    response = bytes;
    answered.countDown();
  }

  @Override
  public synchronized void fail(Status failure) {
    answers++;
    status = failure;
    answered.countDown();
  }

  @Override
  public boolean send(byte[] message) {
    messages.add(message);
    return !over;
  }

  @Override
  public synchronized void end() {
    answers++;
    answered.countDown();
  }

  @Override
  public byte[] receive() {
    return null;
  }

  @Override
  public boolean isOver() {
    return over;
  }

  @Override
  public void onOver(Runnable action) {
    throw new UnsupportedOperationException();
  }

  FakeCall await() {
    try {
      if (!answered.await(10, TimeUnit.SECONDS)) {
        throw new AssertionError("no answer to " + header);
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    return this;
  }

  @Override
  public void together(Runnable answers) {
    answers.run();
  }

  synchronized int answers() {
    return answers;
  }

  synchronized byte[] response() {
    return response;
  }

  synchronized Status status() {
    return status;
  }

  List<byte[]> messages() {
    return messages;
  }

  /** The reason the call failed with; empty where it did not. */
  synchronized String reason() {
    return status == null ? "" : errorInfo(status).getReason();
  }

  static ErrorInfo errorInfo(Status status) {
    try {
      return status.getDetails(0).unpack(ErrorInfo.class);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
