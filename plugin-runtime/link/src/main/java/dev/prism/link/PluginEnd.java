package dev.prism.link;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** The plugin's end of a link over two rings. */
public final class PluginEnd implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(PluginEnd.class.getName());

  private final LinkMemory memory;
  private final Hello self;
  private final Hello proxy;
  private final CallHandler handler;
  private final RingSender sender;
  private final RingReceiver receiver;
  private final AtomicReferenceArray<@Nullable PluginCall> calls;
  private volatile @Nullable Thread consumer;

  private PluginEnd(LinkMemory memory, Hello self, CallHandler handler) {
    this.memory = memory;
    this.self = self;
    this.handler = handler;
    calls = new AtomicReferenceArray<>(memory.maxInFlight);
    sender = new RingSender(memory.responses, memory.incarnation);
    receiver = new RingReceiver(memory.requests, memory.responses.bell(), new Frames());
    proxy = readHello(memory);
  }

  /**
   * Opens the memory that the proxy made, and checks its size, seals, magic and version before use.
   *
   * @param descriptor the value of {@code PRISM_LINK}
   * @param plugin what this process says of itself; said when {@link #run} starts
   * @throws IOException when there is no such memory, or it is not a link of this version
   */
  public static PluginEnd attach(String descriptor, Hello plugin, CallHandler handler)
      throws IOException {
    LinkMemory memory =
        LinkMemory.open(SharedMemory.open(descriptor, LinkMemory.SMALLEST, LinkMemory.LARGEST));
    try {
      return attach(memory, plugin, handler);
    } catch (ProtocolViolation e) {
      throw new IOException("the proxy did not begin with a hello", e);
    }
  }

  static PluginEnd attach(LinkMemory memory, Hello plugin, CallHandler handler) {
    return new PluginEnd(memory, plugin, handler);
  }

  private static Hello readHello(LinkMemory memory) {
    Hello[] hello = new Hello[1];
    int _ =
        memory
            .requests
            .ring()
            .read(
                (kind, buffer, at, length) -> {
                  Frame.check(buffer, at, length, memory.requests.ring().capacity());
                  if (kind == Frame.HELLO) {
                    hello[0] = HelloCodec.decode(Frame.body(buffer, at, length));
                  }
                },
                1);
    if (hello[0] == null) {
      throw new ProtocolViolation("no hello");
    }
    return hello[0];
  }

  /** What the proxy said of itself. */
  public Hello proxy() {
    return proxy;
  }

  /**
   * Takes calls and hands them to the handler on the calling thread, which must be a platform
   * thread, until {@link #close} or the link breaks. Once only.
   *
   * @throws IOException when the proxy's end broke the protocol
   */
  public void run() throws IOException {
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException("a link's consumer waits in the kernel: no virtual thread");
    }
    consumer = Thread.currentThread();
    sender.sendAlways(Frame.HELLO, 0, HelloCodec.encode(self));
    try {
      receiver.run();
    } catch (ProtocolViolation e) {
      throw new IOException("the proxy broke the link's protocol", e);
    } finally {
      sender.close();
      for (int i = 0; i < calls.length(); i++) {
        PluginCall call = calls.get(i);
        if (call != null) {
          call.gone();
        }
      }
    }
  }

  /** Ends {@link #run}; calls that have not been answered are over. Any thread. */
  @Override
  public void close() {
    receiver.stop();
  }

  int maxReplyBytes() {
    return proxy.maxMessageBytes();
  }

  boolean isConsumerThread() {
    return Thread.currentThread() == consumer;
  }

  /** Takes a finished call off the table; its slot may have its next call already. */
  void forget(PluginCall call) {
    calls.compareAndSet(Frame.slot(call.id), call, null);
  }

  /** What the one consumer thread does with the proxy's frames. */
  private final class Frames implements RingReceiver.Owner {
    @Override
    public void onFrame(int kind, DirectBuffer buffer, int at, int length) {
      if (Frame.incarnation(buffer, at) != memory.incarnation) {
        throw new ProtocolViolation("a frame for another incarnation");
      }
      long id = Frame.id(buffer, at);
      int slot = Frame.slot(id);
      if (slot >= calls.length()) {
        throw new ProtocolViolation("a call beyond the table");
      }
      if (kind == Frame.REQUEST || kind == Frame.OPEN) {
        onCall(kind, id, buffer, at, length);
        return;
      }
      PluginCall call = calls.get(slot);
      if (call == null || call.id != id) {
        return; // it has been answered, and the proxy did not know yet
      }
      switch (kind) {
        case Frame.MESSAGE -> onMessage(call, buffer, at, length);
        case Frame.FRAGMENT -> onFragment(call, buffer, at, length);
        case Frame.END -> inbox(call).complete();
        case Frame.CANCEL -> gone(call);
        case Frame.CREDIT -> credit(call).grant(Frame.offset(buffer, at), Frame.total(buffer, at));
        case Frame.CLEAR -> credit(call).clear();
        default -> throw new ProtocolViolation("a frame of kind " + kind);
      }
    }

    private void onCall(int kind, long id, DirectBuffer buffer, int at, int length) {
      CallHeader header = Frame.readCall(buffer, at);
      if (header.deadlineNanos() - System.nanoTime() <= 0) {
        sender.sendAlways(Frame.RELEASED, id);
        return;
      }
      PluginCall call = new PluginCall(PluginEnd.this, sender, id, kind == Frame.OPEN, header);
      calls.set(Frame.slot(id), call);
      if (Frame.isAnnounced(buffer, at)) {
        announced(call, kind, Frame.total(buffer, at));
      } else {
        deliver(call, Frame.body(buffer, at, length));
      }
    }

    private void announced(PluginCall call, int kind, int total) {
      Assembly assembly = new Assembly(kind, total, self.maxMessageBytes());
      call.assembly = assembly;
      Thread.ofVirtual()
          .name("prism-link-room")
          .start(
              () -> {
                try {
                  assembly.allocate();
                  sender.sendAlways(Frame.CLEAR, call.id);
                } catch (OutOfMemoryError e) {
                  call.fail(
                      PrismException.status(
                          Reason.OVERLOADED, "the plugin has no memory for the request"));
                }
              });
    }

    private void onMessage(PluginCall call, DirectBuffer buffer, int at, int length) {
      StreamInbox inbox = inbox(call);
      if (call.assembly != null) {
        throw new ProtocolViolation("a message within a message");
      }
      if (Frame.isAnnounced(buffer, at)) {
        int total = Frame.total(buffer, at);
        inbox.admit(total);
        announced(call, Frame.MESSAGE, total);
        return;
      }
      byte[] message = Frame.body(buffer, at, length);
      inbox.admit(message.length);
      inbox.add(message, null);
    }

    private void onFragment(PluginCall call, DirectBuffer buffer, int at, int length) {
      Assembly assembly = call.assembly;
      if (assembly == null) {
        throw new ProtocolViolation("a fragment of nothing");
      }
      byte[] whole = assembly.add(buffer, at, length);
      if (whole == null) {
        return;
      }
      call.assembly = null;
      if (assembly.kind == Frame.MESSAGE) {
        inbox(call).add(whole, null);
      } else {
        deliver(call, whole);
      }
    }

    private void deliver(PluginCall call, byte[] request) {
      call.request(request);
      try {
        handler.onCall(call);
      } catch (RuntimeException e) {
        LOG.log(Level.ERROR, "a call's handler failed", e);
        call.fail(PrismException.status(Reason.INTERNAL, "the plugin failed"));
      }
    }

    private void gone(PluginCall call) {
      try {
        call.gone();
      } catch (RuntimeException e) {
        LOG.log(Level.ERROR, "what a call does when its caller has gone failed", e);
      }
    }

    private StreamInbox inbox(PluginCall call) {
      StreamInbox inbox = call.inbox();
      if (inbox == null) {
        throw new ProtocolViolation("a stream's frame about a unary call");
      }
      return inbox;
    }

    private Credit credit(PluginCall call) {
      Credit credit = call.credit();
      if (credit == null) {
        throw new ProtocolViolation("credit for a call that sends nothing");
      }
      return credit;
    }

    @Override
    public void onBatchEnd() {
      try {
        handler.onBatchEnd();
      } catch (RuntimeException e) {
        LOG.log(Level.ERROR, "the end of a batch failed", e);
      }
    }

    @Override
    public long onTick(long now) {
      return sender.poll() ? 1_000_000 : Doorbell.MAX_WAIT_NANOS;
    }
  }
}
