package dev.prism.plugin.nats;

import com.google.rpc.Status;
import dev.prism.plugin.nats.Streams.Stream;
import dev.prism.sdk.queue.Header;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Publication;
import dev.prism.sdk.queue.Publication.Idempotency;
import dev.prism.sdk.queue.PublicationResult;
import dev.prism.sdk.queue.PublishResult;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import io.nats.client.JetStreamApiException;
import io.nats.client.api.MessageInfo;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes messages to streams: all of a batch are sent, and then their acknowledgements awaited.
 *
 * <p>Idempotency keys are the server's message ids; each such message keeps the fingerprint of its
 * request in a header, so that a key that comes again is told from a key that is used again.
 */
final class Publisher {
  private static final int MESSAGE_ID_CHARS = 22; // 128 bits
  private static final int NO_RESPONDERS = 503;

  private final NatsLink link;
  private final NatsSettings settings;
  private final Streams streams;

  /** One message on its way. */
  private static final class Slot {
    final Stream stream;
    final @Nullable Headers headers;
    final byte[] payload;
    @Nullable PubAck ack;
    @Nullable Status failure;
    boolean streamGone;

    Slot(Stream stream, @Nullable Headers headers, byte[] payload) {
      this.stream = stream;
      this.headers = headers;
      this.payload = payload;
    }

    boolean failed() {
      return failure != null;
    }
  }

  /** One publication on its way; without slots where it has failed before. */
  private record Plan(Publication publication, List<Slot> slots, @Nullable Status failure) {
    /** Its first message says whether the idempotency key was used before, for another request. */
    boolean isStepwise() {
      return publication.idempotency() != null && slots.size() > 1;
    }

    boolean isStreamGone() {
      for (Slot slot : slots) {
        if (slot.streamGone) {
          return true;
        }
      }
      return false;
    }
  }

  Publisher(NatsLink link, NatsSettings settings, Streams streams) {
    this.link = link;
    this.settings = settings;
    this.streams = streams;
  }

  /**
   * Sends the publications; the results come as their acknowledgements do, on the same thread, and
   * are asked for until all have been given.
   */
  Supplier<List<PublicationResult>> send(String namespace, List<Publication> publications) {
    Session session = link.await(settings.timeout().toNanos());
    List<Plan> plans = new ArrayList<>(publications.size());
    List<Slot> first = new ArrayList<>(publications.size());
    Stream stream = null;
    String topic = null;
    boolean stepwise = false;
    for (Publication publication : publications) {
      Plan plan;
      try {
        if (stream == null || !publication.topic().equals(topic)) {
          stream = streams.existingOrNew(namespace, publication.topic());
          topic = publication.topic();
        }
        plan = plan(session, stream, publication);
      } catch (PrismException e) {
        plan = new Plan(publication, List.of(), e.status());
      }
      plans.add(plan);
      stepwise |= plan.isStepwise();
      first.addAll(plan.isStepwise() ? plan.slots().subList(0, 1) : plan.slots());
    }
    Replies.Batch batch = send(session, first);
    return stepwise
        ? () -> stepwise(session, namespace, plans, first, batch)
        : new InOrder(session, namespace, plans, batch);
  }

  private List<PublicationResult> stepwise(
      Session session, String namespace, List<Plan> plans, List<Slot> first, Replies.Batch batch) {
    await(batch, first);
    sendRest(session, plans);
    return plans.stream().map(plan -> result(session, namespace, plan)).toList();
  }

  /**
   * What has been acknowledged, whenever it is asked: the first that is missing is waited for, and
   * is given with those that have come after it. So nobody waits for the last of a batch.
   */
  private final class InOrder implements Supplier<List<PublicationResult>> {
    private final Session session;
    private final String namespace;
    private final List<Plan> plans;
    private final Replies.Batch batch;
    private final long end = System.nanoTime() + settings.timeout().toNanos();
    private int nextPlan;
    private int nextSlot;

    InOrder(Session session, String namespace, List<Plan> plans, Replies.Batch batch) {
      this.session = session;
      this.namespace = namespace;
      this.plans = plans;
      this.batch = batch;
    }

    @Override
    public List<PublicationResult> get() {
      List<PublicationResult> results = new ArrayList<>(plans.size() - nextPlan);
      boolean over = true;
      try {
        do {
          results.add(next());
        } while (nextPlan < plans.size() && isAnswered(plans.get(nextPlan)));
        over = nextPlan == plans.size();
        return results;
      } finally {
        if (over) {
          batch.close();
        }
      }
    }

    private PublicationResult next() {
      Plan plan = plans.get(nextPlan++);
      for (Slot slot : plan.slots()) {
        if (!slot.failed()) {
          batch.await(nextSlot, end);
          take(slot, batch.isSent(nextSlot), batch.answer(nextSlot));
        }
        nextSlot++;
      }
      return result(session, namespace, plan);
    }

    private boolean isAnswered(Plan plan) {
      for (int i = 0; i < plan.slots().size(); i++) {
        if (batch.isMissing(nextSlot + i)) {
          return false;
        }
      }
      return true;
    }
  }

  private static Plan plan(Session session, Stream stream, Publication publication) {
    List<Slot> slots = new ArrayList<>(publication.messages().size());
    for (Message message : publication.messages()) {
      slots.add(slot(session, stream, message, publication.idempotency(), slots.size()));
    }
    return new Plan(publication, slots, null);
  }

  private static Slot slot(
      Session session, Stream stream, Message message, @Nullable Idempotency once, int index) {
    Headers headers = Codec.headers(message);
    if (once != null) {
      headers = headers == null ? new Headers() : headers;
      headers.add(Wire.MESSAGE_ID, messageId(once, index));
      headers.add(Wire.FINGERPRINT, fingerprint(once));
    }
    Slot slot = new Slot(stream, headers, message.payload());
    slot.failure = Wire.tooLarge(session, headers, message.payload());
    for (Header header : message.headers()) {
      if (Wire.isServersOwn(header.name()) && !isLetter(message)) {
        slot.failure = Wire.refused();
      }
    }
    return slot;
  }

  /** A dead letter may be of a message with such a header: it goes without. */
  private static boolean isLetter(Message message) {
    return message.headers().stream().anyMatch(header -> header.name().equals("prism-reason"));
  }

  private void sendRest(Session session, List<Plan> plans) {
    List<Slot> rest = new ArrayList<>();
    for (Plan plan : plans) {
      if (plan.isStepwise()) {
        Slot first = plan.slots().getFirst();
        if (first.ack != null && (!first.ack.duplicate() || isSame(session, plan))) {
          rest.addAll(plan.slots().subList(1, plan.slots().size()));
        }
      }
    }
    if (!rest.isEmpty()) {
      await(send(session, rest), rest);
    }
  }

  private static Replies.Batch send(Session session, List<Slot> slots) {
    Replies.Batch batch = session.replies().batch(slots.size());
    try {
      for (int i = 0; i < slots.size(); i++) {
        Slot slot = slots.get(i);
        if (!slot.failed()) {
          batch.send(i, slot.stream.subject(), slot.headers, slot.payload);
        }
      }
      return batch;
    } catch (RuntimeException | Error e) {
      batch.close();
      throw e;
    }
  }

  private void await(Replies.Batch sent, List<Slot> slots) {
    try (Replies.Batch batch = sent) {
      batch.await(settings.timeout());
      for (int i = 0; i < slots.size(); i++) {
        Slot slot = slots.get(i);
        if (!slot.failed()) {
          take(slot, batch.isSent(i), batch.answer(i));
        }
      }
    }
  }

  private static void take(Slot slot, boolean sent, io.nats.client.@Nullable Message answer) {
    if (answer == null) {
      slot.failure = sent ? Failures.unknown() : Failures.unreachable().status();
    } else if (Session.status(answer) == NO_RESPONDERS) {
      slot.streamGone = true;
      slot.failure = Failures.unreachable().status();
    } else {
      PubAck ack = PubAck.of(answer.getData());
      slot.ack = ack.errorCode() == 0 ? ack : null;
      slot.failure = ack.errorCode() == 0 ? null : Failures.notStored(ack.errorCode());
    }
  }

  private PublicationResult result(Session session, String namespace, Plan plan) {
    if (plan.isStreamGone()) {
      streams.forget(namespace, plan.publication().topic());
    }
    Status failure = plan.failure();
    if (failure != null) {
      return new PublicationResult.Failed(failure);
    }
    Idempotency once = plan.publication().idempotency();
    PubAck first = plan.slots().getFirst().ack;
    boolean again = once != null && first != null && first.duplicate();
    if (again && !isSame(session, plan)) {
      return new PublicationResult.Failed(
          PrismException.status(
              Reason.IDEMPOTENCY_KEY_REUSED,
              "this idempotency key came with another request before: use a new one"));
    }
    List<PublishResult> results = new ArrayList<>(plan.slots().size());
    boolean complete = true;
    for (Slot slot : plan.slots()) {
      PubAck ack = slot.ack;
      complete &= ack != null;
      results.add(
          ack != null
              ? new PublishResult.Published(Long.toString(ack.sequence()), 0, ack.sequence())
              : new PublishResult.Failed(
                  slot.failure == null ? Failures.unreachable().status() : slot.failure));
    }
    return again && complete && once != null
        ? new PublicationResult.Replayed(once.encode().apply(results))
        : new PublicationResult.Applied(results);
  }

  /** Whether the message that has the publication's id is of the same request. */
  private static boolean isSame(Session session, Plan plan) {
    Slot slot = plan.slots().getFirst();
    Idempotency once = plan.publication().idempotency();
    if (once == null || slot.ack == null) {
      return true;
    }
    try {
      MessageInfo before = session.management().getMessage(slot.stream.name(), slot.ack.sequence());
      Headers headers = before.getHeaders();
      String kept = headers == null ? null : headers.getFirst(Wire.FINGERPRINT);
      return kept == null || kept.equals(fingerprint(once));
    } catch (JetStreamApiException e) {
      return true; // the message is gone, as the topic's retention has it; its id is remembered
    } catch (IOException e) {
      throw Failures.unreachable();
    }
  }

  private static String fingerprint(Idempotency once) {
    return Base64.getEncoder().encodeToString(once.fingerprint());
  }

  private static String messageId(Idempotency once, int index) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest((once.scope() + '\n' + once.key()).getBytes(StandardCharsets.UTF_8));
      String id =
          Base64.getUrlEncoder()
              .withoutPadding()
              .encodeToString(digest)
              .substring(0, MESSAGE_ID_CHARS);
      return index == 0 ? id : id + "-" + index;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
