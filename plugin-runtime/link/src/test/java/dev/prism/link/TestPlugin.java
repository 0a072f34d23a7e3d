package dev.prism.link;

import com.google.rpc.Status;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** A plugin process for tests: what a call's operation number means is said at each constant. */
public final class TestPlugin implements CallHandler {
  /** Answers with the request. */
  static final int ECHO = 1;

  /** Never answers. */
  static final int SILENCE = 2;

  /** Answers with a status of the request's length in details. */
  static final int FAIL = 3;

  /** A stream: as many messages as the request's first int, of the size in its second. */
  static final int COUNT = 4;

  /** A stream: sends each message back, ends after the caller's last. */
  static final int CHAT = 5;

  /** Answers SILENCE's calls, then itself. */
  static final int RELEASE = 6;

  /** Answers with how many messages the last COUNT has sent, as an int. */
  static final int SENT = 7;

  /** Answers with the int of how many calls were seen as over. */
  static final int OVER = 8;

  /** Claims room on the response ring for an answer, and halts with it half written. */
  static final int HALT_IN_CLAIM = 9;

  /** Keeps two virtual threads copying memory for as many ms as the request's int; then answers. */
  static final int BUSY = 10;

  static final int MAX_MESSAGE = 17 << 20;
  static final long MAX_PENDING = 64L << 20;

  private final Queue<InboundCall> silent = new ConcurrentLinkedQueue<>();
  private volatile int sent;
  private final AtomicInteger over = new AtomicInteger();

  static Hello hello() {
    return new Hello(Hello.LINK_VERSION, "test", "1", Set.of("x"), MAX_MESSAGE, MAX_PENDING);
  }

  /** The memory of this process's link, for what only a broken plugin does. */
  private LinkMemory memory;

  public static void main(String[] args) throws Exception {
    TestPlugin plugin = new TestPlugin();
    String descriptor = System.getenv("PRISM_LINK");
    plugin.memory =
        LinkMemory.open(SharedMemory.open(descriptor, LinkMemory.SMALLEST, LinkMemory.LARGEST));
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                while (System.in.read() >= 0) {
                  // The parent keeps it open for as long as it lives.
                }
              } catch (IOException e) {
                e.printStackTrace();
              }
              Runtime.getRuntime().halt(0);
            });
    try (PluginEnd end = PluginEnd.attach(plugin.memory, hello(), plugin)) {
      end.run();
    }
  }

  @Override
  public void onCall(InboundCall call) {
    switch (call.header().operation()) {
      case ECHO -> call.reply(call.request());
      case SILENCE -> {
        call.onOver(over::incrementAndGet);
        silent.add(call);
      }
      case FAIL ->
          call.fail(
              Status.newBuilder().setCode(5).setMessage("x".repeat(call.request().length)).build());
      case COUNT -> Thread.startVirtualThread(() -> count(call));
      case CHAT -> Thread.startVirtualThread(() -> chat(call));
      case RELEASE -> {
        Queue<InboundCall> released = new ArrayDeque<>(silent);
        released.forEach(held -> held.reply(held.request()));
        call.reply(call.request());
      }
      case SENT -> call.reply(ByteBuffer.allocate(4).putInt(sent).array());
      case OVER -> call.reply(ByteBuffer.allocate(4).putInt(over.get()).array());
      case HALT_IN_CLAIM -> {
        int at = memory.responses.ring().tryClaim(Frame.REPLY, 64);
        memory.responses.ring().buffer().putLong(at, 42);
        Runtime.getRuntime().halt(9);
      }
      case BUSY -> {
        int millis = ByteBuffer.wrap(call.request()).getInt();
        Thread.startVirtualThread(() -> copyMemory(millis));
        Thread.startVirtualThread(
            () -> {
              copyMemory(millis);
              call.reply(call.request());
            });
      }
      default -> throw new IllegalArgumentException("operation " + call.header().operation());
    }
  }

  static void copyMemory(int millis) {
    long end = System.nanoTime() + millis * 1_000_000L;
    byte[] from = new byte[1 << 20];
    byte[] to = new byte[1 << 20];
    while (System.nanoTime() - end < 0) {
      System.arraycopy(from, 0, to, 0, from.length);
    }
  }

  private void count(InboundCall call) {
    ByteBuffer request = ByteBuffer.wrap(call.request());
    int messages = request.getInt();
    int size = request.getInt();
    sent = 0;
    for (int i = 0; i < messages; i++) {
      byte[] message = new byte[size];
      message[0] = (byte) i;
      if (!call.send(message)) {
        return;
      }
      sent = i + 1;
    }
    call.end();
  }

  private static void chat(InboundCall call) {
    call.send(call.request());
    for (byte[] next = call.receive(); next != null; next = call.receive()) {
      call.send(next);
    }
    call.end();
  }
}
