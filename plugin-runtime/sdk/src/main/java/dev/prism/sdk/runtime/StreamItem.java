package dev.prism.sdk.runtime;

import com.google.rpc.Status;
import dev.prism.link.CallHeader;
import dev.prism.link.InboundCall;
import org.jspecify.annotations.Nullable;

/**
 * One message of a stream that is answered for itself: for a {@link Coalescer} it is a call like
 * any other. Its answer is kept until the stream sends it.
 */
final class StreamItem implements InboundCall {
  private final InboundCall stream;
  private final byte[] request;
  private final Runnable onAnswer;
  private byte @Nullable [] response;
  private @Nullable Status failure;
  private volatile boolean answered;

  /**
   * @param onAnswer is run once it is answered, on whatever thread answers; must not block
   */
  StreamItem(InboundCall stream, byte[] request, Runnable onAnswer) {
    this.stream = stream;
    this.request = request;
    this.onAnswer = onAnswer;
  }

  boolean isAnswered() {
    return answered;
  }

  /** The answer; null where it failed. */
  byte @Nullable [] response() {
    return response;
  }

  /** Why there is no answer, or null. */
  @Nullable Status failure() {
    return failure;
  }

  @Override
  public CallHeader header() {
    return stream.header();
  }

  @Override
  public byte[] request() {
    return request;
  }

  @Override
  public void reply(byte[] bytes) {
    response = bytes;
    answered = true;
    onAnswer.run();
  }

  @Override
  public void fail(Status status) {
    failure = status;
    answered = true;
    onAnswer.run();
  }

  @Override
  public boolean isOver() {
    return stream.isOver();
  }

  @Override
  public boolean send(byte[] message) {
    throw new IllegalStateException("an item has one answer");
  }

  @Override
  public void end() {
    throw new IllegalStateException("an item has one answer");
  }

  @Override
  public byte @Nullable [] receive() {
    return null;
  }

  @Override
  public void onOver(Runnable action) {
    throw new IllegalStateException("the stream is asked");
  }

  @Override
  public void together(Runnable answers) {
    stream.together(answers);
  }
}
