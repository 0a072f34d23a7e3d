package dev.prism.plugin.nats;

import dev.prism.sdk.queue.MessageReader;
import dev.prism.sdk.queue.Start;
import dev.prism.sdk.queue.Stored;
import io.nats.client.JetStreamApiException;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.impl.NatsJetStreamMetaData;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a stream by a consumer that is forgotten with it. Where that consumer is lost, or something
 * on the way from it, another begins after the last message that came.
 */
final class StreamReader implements MessageReader {
  private static final Duration FORGOTTEN = Duration.ofMinutes(1);
  private static final int MOST_BEGINNINGS = 5;

  private final NatsLink link;
  private final Duration timeout;
  private final String stream;
  private ConsumerConfiguration.Builder next;
  private Pull<Read> pull;
  private long number;

  private record Read(Stored stored, long number) {}

  /**
   * @param place see {@link Groups#place}
   */
  StreamReader(NatsLink link, Duration timeout, String stream, Start place) {
    this.link = link;
    this.timeout = timeout;
    this.stream = stream;
    this.next = Groups.at(place);
    this.pull = begin();
  }

  private Pull<Read> begin() {
    Session session = link.await(timeout.toNanos());
    ConsumerConfiguration configuration =
        next.ackPolicy(AckPolicy.None).inactiveThreshold(FORGOTTEN).build();
    try {
      ConsumerInfo info = session.management().addOrUpdateConsumer(stream, configuration);
      number = 0;
      return new Pull<>(session, timeout, stream, info.getName(), StreamReader::read);
    } catch (JetStreamApiException e) {
      throw Failures.of(e);
    } catch (IOException e) {
      throw Failures.unreachable();
    }
  }

  private static Read read(io.nats.client.Message message) {
    NatsJetStreamMetaData meta = message.metaData();
    return new Read(Codec.stored(message, meta), meta.consumerSequence());
  }

  @Override
  public List<Stored> next(int most, long mostBytes, long patienceNanos) {
    long end = System.nanoTime() + patienceNanos;
    int beginnings = 0;
    while (true) {
      List<Read> read = pull.poll(most, mostBytes, Math.max(0, end - System.nanoTime()));
      List<Stored> stored = new ArrayList<>(read.size());
      boolean whole = true;
      for (Read each : read) {
        whole = whole && each.number() == number + 1;
        if (whole) {
          number = each.number();
          stored.add(each.stored());
        }
      }
      if (!stored.isEmpty()) {
        next = Groups.at(stored.getLast().offset() + 1);
      }
      if (whole && !pull.isGone()) {
        return stored;
      }
      if (++beginnings > MOST_BEGINNINGS) {
        throw Failures.unreachable();
      }
      Pull<Read> before = pull;
      pull = begin();
      before.close();
      if (!stored.isEmpty()) {
        return stored;
      }
    }
  }

  @Override
  public void wake() {
    pull.wake();
  }

  @Override
  public void close() {
    pull.close();
  }
}
