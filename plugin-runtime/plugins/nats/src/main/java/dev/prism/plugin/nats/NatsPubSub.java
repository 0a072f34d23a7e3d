package dev.prism.plugin.nats;

import com.google.rpc.Status;
import dev.prism.sdk.Capability;
import dev.prism.sdk.pubsub.Emission;
import dev.prism.sdk.pubsub.Event;
import dev.prism.sdk.pubsub.Listener;
import dev.prism.sdk.pubsub.Listening;
import dev.prism.sdk.pubsub.PubSub;
import dev.prism.sdk.pubsub.TopicPattern;
import dev.prism.sdk.queue.Header;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import io.nats.client.Message;
import io.nats.client.impl.Headers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Events on NATS subjects, which match patterns and share the events of a queue group by
 * themselves. However many listen to a pattern in this process, the server sends it each event
 * once.
 */
final class NatsPubSub implements PubSub {
  private static final Set<Capability> CAPABILITIES = EnumSet.of(Capability.QUEUE_GROUPS);
  private static final Duration PING = Duration.ofSeconds(1);

  private final NatsLink link;
  private final NatsSettings settings;
  private final Inboxes inboxes = new Inboxes();
  private final Map<Channel.Name, Channel> channels = new ConcurrentHashMap<>();

  NatsPubSub(NatsLink link, NatsSettings settings) {
    this.link = link;
    this.settings = settings;
    link.onSession(session -> channels.values().forEach(channel -> channel.open(session)));
  }

  @Override
  public Set<Capability> capabilities() {
    return CAPABILITIES;
  }

  @Override
  public List<Optional<Status>> publish(String namespace, List<Emission> emissions) {
    Session session = link.await(settings.timeout().toNanos());
    List<Optional<Status>> results = new ArrayList<>(emissions.size());
    int losses = session.losses();
    for (Emission emission : emissions) {
      results.add(Optional.ofNullable(send(session, namespace, emission)));
    }
    // The server has taken what it got before it answers this.
    if (!session.answers(settings.timeout()) || session.losses() != losses) {
      throw PrismException.of(Reason.OUTCOME_UNKNOWN, Failures.unknown().getMessage());
    }
    return results;
  }

  private @Nullable Status send(Session session, String namespace, Emission emission) {
    Event event = emission.event();
    Headers headers = new Headers();
    if (!event.correlationId().isEmpty()) {
      headers.add(Wire.CORRELATION, Wire.text(utf8(event.correlationId())));
    }
    Wire.put(headers, event.headers());
    for (Header header : event.headers()) {
      if (Wire.isServersOwn(header.name())) {
        return Wire.refused();
      }
    }
    Status tooLarge = Wire.tooLarge(session, headers, event.payload());
    if (tooLarge != null) {
      return tooLarge;
    }
    boolean sent =
        session.send(
            inboxes.subject(namespace, emission.topic()),
            event.replyTo().isEmpty() ? null : inboxes.subject(namespace, event.replyTo()),
            headers.isEmpty() ? null : headers,
            event.payload());
    return sent ? null : Failures.unreachable().status();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public Listening listen(String namespace, TopicPattern pattern, String group, Listener listener) {
    Session session = link.await(settings.timeout().toNanos());
    Channel.Name name = new Channel.Name(namespace, pattern.text(), group);
    channels.compute(
        name,
        (_, known) -> {
          Channel channel =
              known == null ? new Channel(name, message -> event(namespace, message)) : known;
          channel.add(listener);
          channel.open(session);
          return channel;
        });
    Listening listening = () -> leave(name, listener);
    if (!session.answers(settings.timeout())) {
      listening.close();
      throw Failures.unreachable();
    }
    return listening;
  }

  private void leave(Channel.Name name, Listener listener) {
    channels.computeIfPresent(
        name,
        (_, channel) -> {
          if (channel.remove(listener)) {
            return channel;
          }
          channel.close();
          return null;
        });
  }

  /** An event as it came; its topic is the subject's end. */
  private Event event(String namespace, Message message) {
    Headers headers = message.getHeaders();
    String correlation = headers == null ? null : headers.getFirst(Wire.CORRELATION);
    String replyTo = message.getReplyTo();
    return new Event(
        message.getData(),
        Wire.get(headers),
        correlation == null ? "" : new String(Wire.bytes(correlation), StandardCharsets.UTF_8),
        replyTo == null ? "" : inboxes.heard(namespace, replyTo));
  }

  @Override
  public void ping() {
    if (!link.session().answers(PING)) {
      throw Failures.unreachable();
    }
  }

  @Override
  public void close() {
    channels.values().forEach(Channel::close);
    channels.clear();
    link.close();
  }
}
