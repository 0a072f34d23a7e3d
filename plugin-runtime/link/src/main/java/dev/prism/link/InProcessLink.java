package dev.prism.link;

import com.google.rpc.Status;
import dev.prism.link.LinkException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A link whose plugin lives in the same process: the same deadlines, cancellation, credit and one
 * consumer thread as between processes. For tests and the single-process mode.
 */
public final class InProcessLink implements Link {
  private static final int MAX_IN_FLIGHT = 2048;
  private static final int WINDOW_MESSAGES = 32;
  private static final byte[] END = new byte[0];
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final Hello proxy;
  private final Hello plugin;
  private final CallHandler handler;
  private final BlockingQueue<Call> requests = new LinkedBlockingQueue<>(MAX_IN_FLIGHT);
  private final Set<Call> live = ConcurrentHashMap.newKeySet();
  private final LongAdder calls = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder late = new LongAdder();
  private final LongAdder sent = new LongAdder();
  private final LongAdder received = new LongAdder();
  private final Thread consumer;
  private volatile boolean down;

  private InProcessLink(Hello proxy, Hello plugin, CallHandler handler) {
    this.proxy = proxy;
    this.plugin = plugin;
    this.handler = handler;
    consumer =
        Thread.ofPlatform().daemon().name("prism-link-" + plugin.name()).unstarted(this::run);
  }

  /** Links {@code handler} to this process; its calls come on a thread that the link starts. */
  public static Link connect(Hello proxy, Hello plugin, CallHandler handler) {
    InProcessLink link = new InProcessLink(proxy, plugin, handler);
    link.consumer.start();
    return link;
  }

  private void run() {
    List<Call> batch = new ArrayList<>();
    while (!down) {
      try {
        batch.add(requests.take());
      } catch (InterruptedException e) {
        return;
      }
      requests.drainTo(batch, 127);
      for (Call call : batch) {
        if (!call.isOver()) {
          try {
            handler.onCall(call);
          } catch (RuntimeException e) {
            call.fail(Status.newBuilder().setCode(13).setMessage("the plugin failed").build());
          }
        }
      }
      batch.clear();
      handler.onBatchEnd();
    }
  }

  private Call begin(CallHeader header, byte[] request) throws LinkException {
    if (down) {
      throw new LinkException(Kind.DOWN, "the link is down");
    }
    if (request.length > plugin.maxMessageBytes()) {
      throw new LinkException(Kind.TOO_LARGE, "the message is larger than the plugin takes");
    }
    if (header.deadlineNanos() - System.nanoTime() <= 0) {
      throw new LinkException(Kind.DEADLINE, "the deadline passed");
    }
    Call call = new Call(header, request.clone());
    if (live.size() >= MAX_IN_FLIGHT) {
      refused.increment();
      throw new LinkException(Kind.FULL, "the link is full");
    }
    live.add(call);
    if (!requests.offer(call)) {
      live.remove(call);
      refused.increment();
      throw new LinkException(Kind.FULL, "the link is full");
    }
    if (down) {
      call.over(new LinkException(Kind.PEER_DIED, "the link was closed"));
    }
    calls.increment();
    sent.add(request.length);
    return call;
  }

  @Override
  public byte[] call(CallHeader header, byte[] request) throws LinkException {
    Call call = begin(header, request);
    try {
      return call.await();
    } finally {
      call.over(new LinkException(Kind.CANCELLED, "the call is over"));
    }
  }

  @Override
  public Exchange open(CallHeader header, byte[] request) throws LinkException {
    return new Stream(begin(header, request));
  }

  @Override
  public Hello peer() {
    return plugin;
  }

  @Override
  public State state() {
    return down ? State.DOWN : State.UP;
  }

  @Override
  public Stats stats() {
    return new Stats(
        calls.sum(), live.size(), refused.sum(), late.sum(), sent.sum(), received.sum(), 0, 0);
  }

  @Override
  public void close() {
    down = true;
    for (Call call : live) {
      call.over(new LinkException(Kind.PEER_DIED, "the link was closed"));
    }
    consumer.interrupt();
  }

  /** One call or stream, as both ends see it. */
  private final class Call implements InboundCall {
    private final CallHeader header;
    private final byte[] request;
    private final CompletableFuture<byte[]> answer = new CompletableFuture<>();
    private final BlockingQueue<byte[]> toProxy = new ArrayBlockingQueue<>(WINDOW_MESSAGES);
    private final BlockingQueue<byte[]> toPlugin = new ArrayBlockingQueue<>(WINDOW_MESSAGES);

    Call(CallHeader header, byte[] request) {
      this.header = header;
      this.request = request;
    }

    // The plugin's end.

    @Override
    public CallHeader header() {
      return header;
    }

    @Override
    public byte[] request() {
      return request;
    }

    @Override
    public void reply(byte[] response) {
      if (response.length > proxy.maxMessageBytes()) {
        fail(Status.newBuilder().setCode(8).setMessage("the answer is too large").build());
        return;
      }
      finish(answer.complete(response.clone()));
    }

    @Override
    public void fail(Status status) {
      finish(answer.completeExceptionally(LinkException.remote(status)));
    }

    @Override
    public void end() {
      finish(answer.complete(END));
    }

    private void finish(boolean first) {
      live.remove(this);
      if (!first) {
        late.increment();
      }
    }

    @Override
    public boolean send(byte[] message) {
      return put(toProxy, message.clone());
    }

    private boolean put(BlockingQueue<byte[]> queue, byte[] message) {
      try {
        while (!isOver()) {
          if (queue.offer(message, POLL_NANOS, TimeUnit.NANOSECONDS)) {
            return true;
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return false;
    }

    @Override
    public byte @Nullable [] receive() {
      return take(toPlugin);
    }

    @SuppressWarnings("ReferenceEquality")
    private byte @Nullable [] take(BlockingQueue<byte[]> queue) {
      try {
        while (true) {
          byte[] next = queue.poll(POLL_NANOS, TimeUnit.NANOSECONDS);
          if (next != null) {
            return next == END ? null : next;
          }
          if (isOver() && queue.isEmpty()) {
            return null;
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        over(new LinkException(Kind.CANCELLED, "the caller was interrupted"));
        return null;
      }
    }

    @Override
    public boolean isOver() {
      if (!answer.isDone() && header.deadlineNanos() - System.nanoTime() <= 0) {
        over(new LinkException(Kind.DEADLINE, "the deadline passed"));
      }
      return answer.isDone();
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored")
    public void onOver(Runnable action) {
      answer.whenComplete(
          (value, problem) -> {
            if (problem instanceof LinkException e && e.kind() != Kind.REMOTE) {
              action.run();
            }
          });
    }

    void over(LinkException why) {
      answer.completeExceptionally(why);
      live.remove(this);
    }

    // The proxy's end.

    byte[] await() throws LinkException {
      while (true) {
        try {
          long left = header.deadlineNanos() - System.nanoTime();
          byte[] response = answer.get(Math.max(left, 1), TimeUnit.NANOSECONDS);
          received.add(response.length);
          return response;
        } catch (TimeoutException e) {
          over(new LinkException(Kind.DEADLINE, "the deadline passed"));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          LinkException cancelled = new LinkException(Kind.CANCELLED, "the caller was interrupted");
          over(cancelled);
          throw cancelled;
        } catch (ExecutionException e) {
          throw Objects.requireNonNull((LinkException) e.getCause());
        }
      }
    }
  }

  /** The proxy's end of a stream. */
  private record Stream(Call call) implements Exchange {
    @Override
    public byte @Nullable [] receive() throws LinkException {
      byte[] next = call.take(call.toProxy);
      if (next == null) {
        call.await();
      }
      return next;
    }

    @Override
    public void send(byte[] message) throws LinkException {
      if (!call.put(call.toPlugin, message.clone())) {
        call.await();
      }
    }

    @Override
    public void halfClose() throws LinkException {
      if (!call.put(call.toPlugin, END)) {
        call.await();
      }
    }

    @Override
    public void close() {
      call.over(new LinkException(Kind.CANCELLED, "the caller closed the stream"));
    }
  }
}
