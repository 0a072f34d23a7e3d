package dev.prism.perf.load;

import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A load on one server: its connections, and the thread that serves them all. Calls that fail are
 * counted, a connection that is lost is replaced, and what is still unanswered at the end is
 * counted, too: nothing that a server does breaks a load off.
 */
public final class Load implements AutoCloseable {
  /** How long calls in flight may take to be answered when no more begin. */
  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** How long a server may take to greet. */
  private static final Executor LATER = CompletableFuture.delayedExecutor(10, TimeUnit.SECONDS);

  /** How often arrivals are looked for; a shorter pause costs more than it tells. */
  private static final long TICK_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

  /** A server that loses this many connections is not given more. */
  private static final int MOST_LOST = 1000;

  private final InetSocketAddress address;
  private final @Nullable SslContext tls;
  private final Plan plan;
  private final Selector selector = Selector.open();
  private final Tally tally = new Tally();
  private final ByteBuffer in = ByteBuffer.allocateDirect(Http2Connection.BUFFER);
  private final ByteBuffer out = ByteBuffer.allocateDirect(Http2Connection.BUFFER);
  private final List<SelectionKey> keys = new ArrayList<>();
  private final Thread thread = new Thread(this::run, "load");
  private final Thread pacer = new Thread(this::pace, "load-pacer");
  private final CountDownLatch ended = new CountDownLatch(1);

  private volatile boolean measuring;
  private volatile boolean stopping;
  private volatile boolean leaving;
  private volatile long nextArrivalNanos;

  // The thread's own
  private final Arrivals arrivals;
  private final Set<SelectionKey> toReplace = new LinkedHashSet<>();
  private boolean maybeDone;
  private int lost;

  private Load(InetSocketAddress address, @Nullable SslContext tls, Plan plan) throws IOException {
    this.address = address;
    this.tls = tls;
    this.plan = plan;
    arrivals = new Arrivals(plan.rate(), 0, 1);
  }

  /**
   * Opens every connection; sends no call yet.
   *
   * @param tls null is in the clear
   * @throws IOException when a connection cannot be opened
   */
  public static Load open(InetSocketAddress address, @Nullable SslContext tls, Plan plan)
      throws IOException {
    Load load = new Load(address, tls, plan);
    try {
      for (int i = 0; i < plan.connections(); i++) {
        Arrivals arrivals = new Arrivals(plan.rate(), i, plan.connections());
        load.keys.add(load.connect(new Slot(i, plan.traffic().apply(i), arrivals)));
      }
      return load;
    } catch (IOException | RuntimeException e) {
      load.closeAll("closed before the load began");
      throw e;
    }
  }

  /** The place of one of the load's connections, which outlives the connection. */
  private record Slot(int number, Plan.Traffic traffic, Arrivals arrivals) {}

  private record Attachment(Slot slot, Http2Connection connection) {}

  private SelectionKey connect(Slot slot) throws IOException {
    SocketChannel channel = SocketChannel.open();
    try {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.connect(address);
      Wire wire = tls == null ? new PlainWire(channel) : TlsWire.connect(channel, tls);
      Http2Connection connection =
          new Http2Connection(wire, in, out, slot.traffic, slot.arrivals, tally, plan.streams());
      // A blocking read has no timeout: whoever does not answer is hung up on.
      CompletableFuture<Void> patience = CompletableFuture.runAsync(() -> hangUp(channel), LATER);
      connection.greet();
      patience.cancel(false);
      channel.configureBlocking(false);
      return channel.register(selector, SelectionKey.OP_READ, new Attachment(slot, connection));
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static void hangUp(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // It is of no use any more.
    }
  }

  private static Http2Connection connection(SelectionKey key) {
    return ((Attachment) key.attachment()).connection;
  }

  private static Slot slot(SelectionKey key) {
    return ((Attachment) key.attachment()).slot;
  }

  /** Begins to call. */
  public void start() {
    thread.start();
    if (plan.rate() > 0) {
      pacer.start();
    }
  }

  /**
   * Waits.
   *
   * @return false when the load has ended before, because there is nothing more to call
   */
  public boolean await(long nanos) throws InterruptedException {
    return !ended.await(nanos, TimeUnit.NANOSECONDS);
  }

  /** Begins, or ends, to count answers and their latencies; before the start, from the first on. */
  public void measure(boolean on) {
    measuring = on;
    selector.wakeup();
  }

  /** Ends the load when the calls in flight are answered, or have not been for 5 s. */
  public Tally stop() throws InterruptedException {
    stopping = true;
    selector.wakeup();
    thread.join();
    pacer.join();
    return tally;
  }

  /**
   * Ends the load at once: for streams that do not end by themselves. They are no failures,
   * whatever failed before is.
   */
  public Tally leave() throws InterruptedException {
    leaving = true;
    return stop();
  }

  /** As {@link #stop}, and frees what is held; an interrupt does not let it wait. */
  @Override
  public void close() throws IOException {
    try {
      stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    closeAll("closed before the load began");
  }

  private void closeAll(String why) throws IOException {
    for (SelectionKey key : keys) {
      connection(key).close(why);
    }
    selector.close();
  }

  private void run() {
    try {
      loop();
      for (SelectionKey key : keys) {
        if (leaving) {
          connection(key).leave();
        } else {
          connection(key).close("unanswered at the end");
        }
      }
    } catch (IOException e) {
      tally.failed("the load itself broke: " + e, 1);
    } finally {
      ended.countDown();
    }
  }

  private void loop() throws IOException {
    if (measuring) {
      tally.measuring(true);
    }
    long start = System.nanoTime();
    arrivals.start(start);
    keys.forEach(key -> slot(key).arrivals.start(start));
    keys.forEach(key -> serve(key, connection -> connection.due(start)));
    long giveUp = 0;
    while (true) {
      if (giveUp == 0) {
        selector.select(key -> serve(key, Http2Connection::ready));
      } else {
        selector.select(key -> serve(key, Http2Connection::ready), 100);
      }
      if (plan.rate() > 0) {
        arrive(System.nanoTime());
      }
      toReplace.forEach(this::replace);
      toReplace.clear();
      if (tally.measuring() != measuring) {
        switchMeasuring();
      }
      if (stopping && giveUp == 0) {
        keys.forEach(key -> connection(key).finish());
        maybeDone = true;
        giveUp = System.nanoTime() + GRACE_NANOS;
      }
      boolean done = maybeDone && keys.stream().allMatch(key -> connection(key).isDone());
      if (done || leaving || (giveUp != 0 && System.nanoTime() - giveUp > 0)) {
        return;
      }
      maybeDone = false;
    }
  }

  private interface Step {
    void take(Http2Connection connection) throws IOException;
  }

  private void serve(SelectionKey key, Step step) {
    Http2Connection connection = connection(key);
    try {
      step.take(connection);
      int interest =
          connection.isBlocked()
              ? SelectionKey.OP_READ | SelectionKey.OP_WRITE
              : SelectionKey.OP_READ;
      if (key.interestOps() != interest) {
        key.interestOps(interest);
      }
      if (connection.hasLeft()) {
        toReplace.add(key);
      }
      maybeDone |= connection.isDone();
    } catch (IOException e) {
      tally.failed("connection lost: " + e.getMessage(), 1);
      end(key, "the call's connection was lost");
      toReplace.add(key);
    }
  }

  private void end(SelectionKey key, String why) {
    try {
      connection(key).close(why);
    } catch (IOException e) {
      tally.failed("connection not closed: " + e.getMessage(), 1);
    }
    maybeDone = true;
  }

  private void replace(SelectionKey key) {
    end(key, "closed");
    if (stopping || lost++ >= MOST_LOST) {
      return;
    }
    try {
      SelectionKey successor = connect(slot(key));
      keys.set(slot(key).number, successor);
      serve(successor, connection -> connection.due(System.nanoTime()));
    } catch (IOException e) {
      tally.failed("no new connection: " + e.getMessage(), 1);
    }
  }

  /** Begins the calls that are due by now, on the connections whose turn it is. */
  private void arrive(long now) {
    while (arrivals.due(now) >= 0) {
      SelectionKey key = keys.get((int) (arrivals.index() % keys.size()));
      arrivals.begun();
      if (!connection(key).isDone()) {
        serve(key, connection -> connection.due(now));
      }
    }
    nextArrivalNanos = arrivals.time();
  }

  private void switchMeasuring() {
    boolean on = measuring;
    if (!on && plan.rate() > 0) {
      long now = System.nanoTime();
      keys.forEach(key -> connection(key).behind(now));
    }
    tally.measuring(on);
  }

  /** Wakes the load's thread when a call is due: a selector's own clock ticks in milliseconds. */
  private void pace() {
    while (!stopping && thread.isAlive()) {
      LockSupport.parkNanos(Math.max(TICK_NANOS, nextArrivalNanos - System.nanoTime()));
      if (nextArrivalNanos - System.nanoTime() <= 0) {
        selector.wakeup();
      }
    }
  }
}
