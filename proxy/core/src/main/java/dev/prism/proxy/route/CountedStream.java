package dev.prism.proxy.route;

import dev.prism.link.Exchange;
import dev.prism.link.LinkException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A stream that counts among those of its process until it is closed. */
final class CountedStream implements Exchange {
  private final Exchange stream;
  private final Target target;
  private final AtomicBoolean open = new AtomicBoolean(true);

  CountedStream(Exchange stream, Target target) {
    this.stream = stream;
    this.target = target;
    target.streams().incrementAndGet();
  }

  /** The process that serves it. */
  Target target() {
    return target;
  }

  @Override
  public byte @Nullable [] receive() throws LinkException {
    return stream.receive();
  }

  @Override
  public void send(byte[] message) throws LinkException {
    stream.send(message);
  }

  @Override
  public void halfClose() throws LinkException {
    stream.halfClose();
  }

  @Override
  public void close() {
    if (open.compareAndSet(true, false)) {
      target.streams().decrementAndGet();
    }
    stream.close();
  }
}
