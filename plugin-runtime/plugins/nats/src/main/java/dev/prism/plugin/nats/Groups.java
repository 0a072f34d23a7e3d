package dev.prism.plugin.nats;

import dev.prism.sdk.queue.Start;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.DeliverPolicy;
import io.nats.client.api.StreamInfo;
import io.nats.client.api.StreamState;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Groups are durable pull consumers: found, made and moved. A consumer cannot be moved by the
 * server, so one is deleted and made again; a second consumer keeps the new place meanwhile, so
 * that whoever finds the group missing makes it where it is to be.
 *
 * <p>Safe for any thread; of one group one call at a time.
 */
final class Groups {
  /** How long the note of a move is kept that was not finished. */
  private static final Duration NOTE_KEPT = Duration.ofDays(7);

  private final NatsLink link;
  private final NatsSettings settings;
  private final Streams streams;

  /** How long a consumer is kept that only tells a place. */
  private static final Duration LOOK_KEPT = Duration.ofSeconds(10);

  /** A call to JetStream's API. */
  @FunctionalInterface
  private interface Call<T> {
    T run(JetStreamManagement management) throws IOException, JetStreamApiException;
  }

  Groups(NatsLink link, NatsSettings settings, Streams streams) {
    this.link = link;
    this.settings = settings;
    this.streams = streams;
  }

  private <T> @Nullable T orAbsent(Call<T> call) {
    try {
      return call.run(link.session().management());
    } catch (JetStreamApiException e) {
      if (Failures.isNotFound(e)) {
        return null;
      }
      throw Failures.of(e);
    } catch (IOException e) {
      throw Failures.unreachable();
    }
  }

  /** What the server says of a consumer; null where it is not there. */
  @Nullable ConsumerInfo info(String stream, String consumer) {
    return orAbsent(management -> management.getConsumerInfo(stream, consumer));
  }

  List<ConsumerInfo> all(String stream) {
    List<ConsumerInfo> all = orAbsent(management -> management.getConsumers(stream));
    return all == null ? List.of() : all;
  }

  /** The group's consumer, made at {@code start} where it is missing. */
  ConsumerInfo ensure(String stream, String consumer, Start start) {
    ConsumerInfo found = info(stream, consumer);
    if (found != null) {
      return found;
    }
    ConsumerInfo moving = info(stream, Names.moving(consumer));
    ConsumerConfiguration.Builder builder =
        moving == null ? at(place(stream, start)) : at(position(moving));
    ConsumerInfo made = create(stream, consumer, builder);
    if (moving != null) {
      delete(stream, Names.moving(consumer));
    }
    return made;
  }

  private ConsumerInfo create(
      String stream, String consumer, ConsumerConfiguration.Builder builder) {
    ConsumerConfiguration configuration =
        builder
            .durable(consumer)
            .ackPolicy(AckPolicy.Explicit)
            .ackWait(settings.ackWait())
            .maxAckPending(-1)
            .maxDeliver(-1)
            .build();
    try {
      return link.session().management().addOrUpdateConsumer(stream, configuration);
    } catch (JetStreamApiException e) {
      ConsumerInfo made = info(stream, consumer);
      if (made == null) {
        throw Failures.of(e);
      }
      return made; // another process was faster
    } catch (IOException e) {
      throw Failures.unreachable();
    }
  }

  /** Moves the group; returns its new position. */
  long seek(String stream, String consumer, Start target) {
    String note = Names.moving(consumer);
    long position =
        place(stream, target) instanceof Start.Offsets(Map<Integer, Long> offsets)
            ? Math.max(earliest(stream), offsets.getOrDefault(0, 1L))
            : earliest(stream);
    delete(stream, note);
    ConsumerConfiguration noted =
        at(position).durable(note).ackPolicy(AckPolicy.None).inactiveThreshold(NOTE_KEPT).build();
    if (orAbsent(management -> management.addOrUpdateConsumer(stream, noted)) == null) {
      throw Failures.unreachable();
    }
    delete(stream, consumer);
    create(stream, consumer, at(position));
    delete(stream, note);
    return position;
  }

  private void delete(String stream, String consumer) {
    orAbsent(management -> management.deleteConsumer(stream, consumer));
  }

  /**
   * Every message before it is acknowledged. The server tells nothing of where a consumer began
   * whose first message was not acknowledged yet.
   */
  static long position(ConsumerInfo info) {
    return Math.max(
        info.getAckFloor().getStreamSequence() + 1,
        info.getConsumerConfiguration().getStartSequence());
  }

  /** A place as the server takes it: names of places that move meanwhile become offsets. */
  Start place(String stream, Start start) {
    return switch (start) {
      case Start.Time(long millis) -> new Start.Offsets(Map.of(0, first(stream, millis)));
      case Start.Committed _ -> new Start.Earliest();
      case Start.Earliest earliest -> earliest;
      case Start.Latest _ -> new Start.Offsets(Map.of(0, end(stream)));
      case Start.Offsets(Map<Integer, Long> offsets) -> {
        checkOffsets(offsets, end(stream));
        Long offset = offsets.get(0);
        yield offset == null ? new Start.Earliest() : new Start.Offsets(Map.of(0, offset));
      }
    };
  }

  /** The offset of the first message of a time or later: where a consumer from then on begins. */
  private long first(String stream, long millis) {
    ConsumerConfiguration configuration =
        ConsumerConfiguration.builder()
            .deliverPolicy(DeliverPolicy.ByStartTime)
            .startTime(Instant.ofEpochMilli(millis).atZone(ZoneOffset.UTC))
            .ackPolicy(AckPolicy.None)
            .inactiveThreshold(LOOK_KEPT)
            .build();
    ConsumerInfo look =
        orAbsent(management -> management.addOrUpdateConsumer(stream, configuration));
    if (look == null) {
      throw Failures.unreachable();
    }
    delete(stream, look.getName());
    return look.getDelivered().getStreamSequence() + 1;
  }

  /** The offset that the next message gets. */
  long end(String stream) {
    return state(stream).getLastSequence() + 1;
  }

  /** The offset of the first message; the next one's where there is none. */
  long earliest(String stream) {
    return earliest(state(stream));
  }

  static long earliest(StreamState state) {
    return state.getMsgCount() == 0 ? state.getLastSequence() + 1 : state.getFirstSequence();
  }

  private StreamState state(String stream) {
    StreamInfo info = streams.info(stream);
    if (info == null) {
      throw Failures.unreachable();
    }
    return info.getStreamState();
  }

  static void checkOffsets(Map<Integer, Long> offsets, long end) {
    offsets.forEach(
        (partition, offset) -> {
          if (partition != 0 || offset > end) {
            throw PrismException.of(
                Reason.FIELD_INVALID, "the topic has partition 0 only, and its end is " + end);
          }
        });
  }

  /** A consumer that begins at a {@link #place}. */
  static ConsumerConfiguration.Builder at(Start place) {
    return place instanceof Start.Offsets(Map<Integer, Long> offsets)
        ? at(offsets.getOrDefault(0, 1L))
        : ConsumerConfiguration.builder().deliverPolicy(DeliverPolicy.All);
  }

  /** A consumer that begins at an offset. */
  static ConsumerConfiguration.Builder at(long offset) {
    return ConsumerConfiguration.builder()
        .deliverPolicy(DeliverPolicy.ByStartSequence)
        .startSequence(Math.max(1, offset));
  }
}
