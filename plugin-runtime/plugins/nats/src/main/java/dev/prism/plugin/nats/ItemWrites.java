package dev.prism.plugin.nats;

import com.google.rpc.Status;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import io.nats.client.Message;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes of one batch, whose keys are all different: those that do not depend on what stands under
 * their keys are all sent and then awaited; the others look first, and publish on the condition
 * that what they saw is still the last.
 *
 * <p>One thread's.
 */
final class ItemWrites {
  private static final int NO_RESPONDERS = 503;

  /** Before a bucket that was just made is tried again: its server may have to hear of it. */
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final Session session;
  private final NatsSettings settings;
  private final Buckets buckets;
  private final Gets gets;
  private final Sweeper sweeper;
  private final InstantSource clock;

  /** A write and its result. */
  private static final class Slot {
    final Write write;
    final Gets.Place place;
    @Nullable WriteResult result;

    Slot(Write write, Gets.Place place) {
      this.write = write;
      this.place = place;
    }

    void fail(Status status) {
      result = new WriteResult.Failed(status);
    }

    boolean isOpen() {
      return result == null;
    }
  }

  /** What is published for a write. */
  private record Publication(Slot slot, Step.Publish step) {}

  ItemWrites(
      Session session,
      NatsSettings settings,
      Buckets buckets,
      Gets gets,
      Sweeper sweeper,
      InstantSource clock) {
    this.session = session;
    this.settings = settings;
    this.buckets = buckets;
    this.gets = gets;
    this.sweeper = sweeper;
    this.clock = clock;
  }

  List<UnitResult> write(String namespace, List<Unit> units) {
    Map<String, Bucket> named = new HashMap<>();
    List<List<Slot>> all = new ArrayList<>(units.size());
    List<Publication> blind = new ArrayList<>();
    List<Slot> looking = new ArrayList<>();
    for (Unit unit : units) {
      List<Slot> slots = new ArrayList<>(unit.writes().size());
      for (Write write : unit.writes()) {
        Bucket bucket =
            named.computeIfAbsent(
                write.key().collection(), collection -> Bucket.of(namespace, collection));
        Slot slot = new Slot(write, new Gets.Place(bucket, bucket.subject(write.key())));
        slots.add(slot);
        if (!Step.isBlind(write)) {
          looking.add(slot);
        } else if (Step.of(write, null, clock.millis()) instanceof Step.Publish publish) {
          blind.add(new Publication(slot, publish));
        }
      }
      all.add(slots);
    }
    publish(blind);
    each(looking, bucket -> buckets.checkConditions(session, bucket));
    looking.removeIf(slot -> !slot.isOpen());
    int most = Gets.atOnce(session);
    for (int from = 0; from < looking.size(); from += most) {
      look(looking.subList(from, Math.min(looking.size(), from + most)));
    }
    return all.stream()
        .<UnitResult>map(
            slots -> new UnitResult.Applied(slots.stream().map(ItemWrites::result).toList()))
        .toList();
  }

  private static WriteResult result(Slot slot) {
    WriteResult result = slot.result;
    return result != null ? result : new WriteResult.Failed(Failures.unreachable().status());
  }

  /** Those that are refused because another was quicker look again. */
  private void look(List<Slot> slots) {
    List<Slot> open = new ArrayList<>(slots);
    long end = System.nanoTime() + settings.timeout().toNanos();
    try {
      while (!open.isEmpty()) {
        if (System.nanoTime() > end) {
          throw PrismException.of(
              Reason.OVERLOADED, "others write this key all the time: nothing was done");
        }
        step(open);
        open.removeIf(slot -> !slot.isOpen());
      }
    } catch (PrismException e) {
      open.stream().filter(Slot::isOpen).forEach(slot -> slot.fail(e.status()));
    }
  }

  private void step(List<Slot> open) {
    List<Gets.Place> places = open.stream().map(slot -> slot.place).toList();
    List<@Nullable Entry> found = gets.last(session, Consistency.STRONG, places, Long.MAX_VALUE);
    long now = clock.millis();
    List<Publication> publications = new ArrayList<>(open.size());
    for (int i = 0; i < found.size(); i++) {
      Slot slot = open.get(i);
      Entry entry = found.get(i);
      switch (Step.of(slot.write, entry, now)) {
        case Step.Done(WriteResult result) -> slot.result = result;
        case Step.Publish publish -> {
          Entry.expect(publish.headers(), entry == null ? 0 : entry.revision());
          publications.add(new Publication(slot, publish));
        }
      }
    }
    publish(publications);
  }

  /** Does something with each bucket of some writes, which fail where it does. */
  private static void each(List<Slot> slots, Consumer<Bucket> action) {
    for (Bucket bucket : slots.stream().map(slot -> slot.place.bucket()).distinct().toList()) {
      try {
        action.accept(bucket);
      } catch (PrismException e) {
        slots.stream()
            .filter(slot -> slot.place.bucket().equals(bucket))
            .forEach(slot -> slot.fail(e.status()));
      }
    }
  }

  /** Leaves those open that were refused because of their condition. */
  private void publish(List<Publication> publications) {
    List<Publication> homeless = send(publications);
    if (homeless.isEmpty()) {
      return;
    }
    each(
        homeless.stream().map(Publication::slot).toList(), bucket -> buckets.make(session, bucket));
    long end = System.nanoTime() + settings.timeout().toNanos();
    homeless = send(homeless);
    while (!homeless.isEmpty() && System.nanoTime() < end) {
      LockSupport.parkNanos(this, PAUSE_NANOS);
      homeless = send(homeless);
    }
    homeless.forEach(each -> each.slot.fail(Failures.unreachable().status()));
  }

  /** Returns those that nobody took: their bucket is not there. */
  private List<Publication> send(List<Publication> publications) {
    List<Publication> homeless = new ArrayList<>();
    try (Replies.Batch batch = session.replies().batch(publications.size())) {
      for (int i = 0; i < publications.size(); i++) {
        Publication each = publications.get(i);
        Step.Publish step = each.step;
        Status tooLarge = Wire.tooLarge(session, step.headers(), step.payload());
        if (tooLarge != null) {
          each.slot.fail(tooLarge);
        } else if (each.slot.isOpen()) {
          batch.send(i, each.slot.place.subject(), step.headers(), step.payload());
        }
      }
      batch.await(settings.timeout());
      for (int i = 0; i < publications.size(); i++) {
        Publication each = publications.get(i);
        Message answer = batch.answer(i);
        if (!each.slot.isOpen()) {
          continue;
        }
        if (answer == null) {
          each.slot.fail(batch.isSent(i) ? Failures.unknown() : Failures.unreachable().status());
        } else if (Session.status(answer) == NO_RESPONDERS) {
          homeless.add(each);
        } else {
          take(each, PubAck.of(answer.getData()));
        }
      }
    }
    return homeless;
  }

  private void take(Publication publication, PubAck ack) {
    Step.Publish step = publication.step;
    Slot slot = publication.slot;
    if (ack.errorCode() == 0) {
      slot.result = step.result().apply(ack.sequence());
      buckets.written(slot.place.bucket());
      sweeper.written(slot.place.bucket(), step.due(), ack.sequence());
    } else if (!ack.isOvertaken()) {
      slot.fail(Failures.notStored(ack.errorCode()));
    }
  }
}
