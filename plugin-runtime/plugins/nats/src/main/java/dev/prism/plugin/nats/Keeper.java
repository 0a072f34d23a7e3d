package dev.prism.plugin.nats;

import dev.prism.plugin.nats.Held.Lease;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Gives each delivery the time that its subscription asked for, whatever the consumer at the server
 * has: of what may still be worked at the server is told before it would deliver it again; what has
 * run out of time is given back.
 */
final class Keeper implements AutoCloseable {
  private static final byte[] IN_PROGRESS = "+WPI".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] AGAIN = "-NAK".getBytes(StandardCharsets.US_ASCII);
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final Collection<Held> groups;
  private final InstantSource clock;
  private final Thread thread;
  private volatile boolean closed;

  /** Looks after {@code groups}, which others add to. */
  Keeper(Collection<Held> groups, InstantSource clock) {
    this.groups = groups;
    this.clock = clock;
    this.thread = Thread.ofPlatform().name("nats-keeper").daemon().start(this::run);
  }

  private void run() {
    while (!closed) {
      boolean idle = true;
      long now = clock.millis();
      for (Held held : groups) {
        idle &= held.isEmpty();
        look(held, now);
      }
      // The shortest time that a delivery may have is longer than the pause of an idle keeper.
      LockSupport.parkNanos(this, idle ? IDLE_NANOS : TICK_NANOS);
    }
  }

  private static void look(Held held, long now) {
    boolean late = false;
    for (Lease lease : held.leases()) {
      if (lease.deadline <= now && !lease.settling) {
        late = true;
      } else if (now - lease.touched >= held.ackWaitMillis() / 3) {
        lease.touched = now;
        lease.session.send(lease.ackSubject, null, null, IN_PROGRESS);
      }
    }
    if (late) {
      held.inOrder(lease -> lease.deadline <= now && !lease.settling).forEach(Keeper::giveBack);
    }
  }

  /** Gives a delivery back to the group at once, where it is still in force. */
  static void giveBack(Lease lease) {
    if (lease.held.remove(lease)) {
      // Without a connection the server finds out by itself.
      lease.session.send(lease.ackSubject, null, null, AGAIN);
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
