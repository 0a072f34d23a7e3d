package dev.prism.grpc.engine;

import dev.prism.grpc.TimedCall;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * What a service answers a call through. As grpc-java has it, one thread at a time uses it, the
 * call's own or another. A response of one message is kept until the call is closed and goes out in
 * one piece; parts of a stream go out as they come, and sending waits while the client takes
 * nothing.
 */
final class ServerSide<Q, R> extends ServerCall<Q, R> implements TimedCall {
  private final Call<Q, R> call;
  private final boolean streams;
  private byte @Nullable [] head;
  private boolean headSent;
  private byte @Nullable [] body;
  private boolean bodyCompressed;
  private @Nullable String encoding;
  private boolean compresses = true;
  private long answeredAt;
  private volatile @Nullable Outgoing last;

  ServerSide(Call<Q, R> call) {
    this.call = call;
    this.streams = !call.method().getType().serverSendsOneMessage();
  }

  /** The end of the response, once the call is closed. */
  @Nullable Outgoing last() {
    return last;
  }

  /** When the answer was there, once the call is closed; 0 where the service does not say. */
  long answeredAt() {
    return answeredAt;
  }

  @Override
  public void request(int count) {
    call.request(count);
  }

  @Override
  public void sendHeaders(Metadata headers) {
    if (head != null || headSent) {
      throw new IllegalStateException("headers are sent once");
    }
    head = HeaderBlocks.head(headers, encoding);
    if (streams && call.isOpen()) {
      sendPart(null, false);
    }
  }

  @Override
  public void sendMessage(R message) {
    if (!call.isOpen()) {
      if (call.isCancelled()) {
        return;
      }
      throw new IllegalStateException("the call is closed");
    }
    if (head == null && !headSent) {
      throw new IllegalStateException("headers go before a message");
    }
    byte[] bytes = Messages.serialize(call.method(), message);
    boolean compressed = encoding != null && compresses;
    if (compressed) {
      bytes = Messages.gzip(bytes);
    }
    if (streams) {
      sendPart(bytes, compressed);
    } else if (body == null) {
      body = bytes;
      bodyCompressed = compressed;
    } else {
      close(Status.INTERNAL.withDescription("Too many responses"), new Metadata());
    }
  }

  private void sendPart(byte @Nullable [] message, boolean compressed) {
    byte[] opening = headSent ? null : head;
    headSent = true;
    try {
      call.sendPart(Outgoing.grpc(call, opening, message, compressed, null));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      if (!call.isCancelled()) {
        throw Status.CANCELLED
            .withDescription("interrupted while it waited for the client")
            .withCause(e)
            .asRuntimeException();
      }
    }
  }

  @Override
  public void answeredAt(long nanoTime) {
    answeredAt = nanoTime;
  }

  @Override
  public void close(Status status, Metadata trailers) {
    if (!call.isOpen()) {
      return;
    }
    Outgoing end;
    if (status.isOk() && !streams && body == null) {
      end = end(Status.INTERNAL.withDescription("Completed without a response"), trailers);
    } else {
      end = end(status, trailers);
    }
    last = end;
    if (call.close()) {
      call.wakeOwn();
    } else {
      last = null;
    }
  }

  private Outgoing end(Status status, Metadata trailers) {
    byte[] message = status.isOk() ? body : null;
    byte[] opening = headSent || message == null ? null : head;
    boolean alone = !headSent && opening == null;
    byte[] tail = HeaderBlocks.tail(status, trailers, alone);
    return Outgoing.grpc(call, opening, message, bodyCompressed, tail);
  }

  @Override
  public boolean isReady() {
    return call.isReady();
  }

  @Override
  public boolean isCancelled() {
    return call.isCancelled();
  }

  @Override
  public void setMessageCompression(boolean enabled) {
    compresses = enabled;
  }

  @Override
  public void setCompression(String compressor) {
    if (head != null || headSent) {
      throw new IllegalStateException("compression is chosen before the headers");
    }
    encoding = compressor.equals("gzip") && call.head().acceptsGzip() ? compressor : null;
  }

  @Override
  public Attributes getAttributes() {
    return call.attributes();
  }

  @Override
  public @Nullable String getAuthority() {
    return call.head().authority();
  }

  @Override
  public MethodDescriptor<Q, R> getMethodDescriptor() {
    return call.method();
  }
}
