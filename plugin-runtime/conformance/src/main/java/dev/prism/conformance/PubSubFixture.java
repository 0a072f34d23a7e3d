package dev.prism.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import dev.prism.conformance.ServiceApi.Duplex;
import dev.prism.pubsub.v1.Event;
import dev.prism.pubsub.v1.EventDelivery;
import dev.prism.pubsub.v1.PublishRequest;
import dev.prism.pubsub.v1.SubscribeRequest;
import dev.prism.pubsub.v1.SubscribeResponse;
import dev.prism.sdk.Capability;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What a backend gives to the suite of events, and what the suite's parts share. */
public interface PubSubFixture {
  /** The backend's type as in {@code required-capabilities.txt}: {@code nats}. */
  String backend();

  /** What the backend's events can do. */
  Set<Capability> capabilities();

  /** The service in one session, the same each time. */
  PubSubApi api();

  /** The service in another session of the same namespace. */
  PubSubApi otherApi();

  /** Ends the backend's plugin process, not gently where that can be, and awaits the next one. */
  void restart();

  /** A topic's first token that no other test uses. */
  default String newTopic() {
    return "t" + KeyValueFixture.Names.next();
  }

  /** Skips the rest of the test where the backend does not declare {@code capability}. */
  default void needs(Capability capability) {
    assumeTrue(capabilities().contains(capability), () -> backend() + " has no " + capability);
  }

  /** Skips the rest of the test where the backend declares {@code capability}. */
  default void lacks(Capability capability) {
    assumeTrue(!capabilities().contains(capability), () -> backend() + " has " + capability);
  }

  static Event event(String payload) {
    return Event.newBuilder().setPayload(ByteString.copyFromUtf8(payload)).build();
  }

  default void publish(String topic, String payload) {
    publish(topic, event(payload));
  }

  default void publish(String topic, Event event) {
    api().publish(PublishRequest.newBuilder().setTopic(topic).setEvent(event).build());
  }

  static SubscribeRequest.Builder to(String pattern) {
    return SubscribeRequest.newBuilder().setPattern(pattern);
  }

  /** A subscription that is in force. */
  default Subscriber subscribe(String pattern) {
    return subscribe(to(pattern));
  }

  /** A subscription that is in force. */
  default Subscriber subscribe(SubscribeRequest.Builder request) {
    return new Subscriber(api().subscribe(request.build()));
  }

  static String text(EventDelivery delivery) {
    return delivery.getEvent().getPayload().toStringUtf8();
  }

  /** An open subscription. */
  final class Subscriber implements AutoCloseable {
    private final Duplex<SubscribeRequest, SubscribeResponse> stream;
    private final ArrayDeque<EventDelivery> waiting = new ArrayDeque<>();
    private final String id;
    private long dropped;

    /** Waits until the subscription is in force. */
    public Subscriber(Duplex<SubscribeRequest, SubscribeResponse> stream) {
      this.stream = stream;
      SubscribeResponse first = stream.next();
      this.id = first.getSubscriptionId();
      assertThat(id).isNotEmpty();
      assertThat(first.getEventsList()).isEmpty();
    }

    public String id() {
      return id;
    }

    /** How many events the service has said were lost. */
    public long dropped() {
      return dropped;
    }

    /** The next event; waits for it. */
    public EventDelivery next() {
      while (waiting.isEmpty()) {
        take();
      }
      return waiting.remove();
    }

    private void take() {
      SubscribeResponse response = stream.next();
      dropped += response.getDropped();
      waiting.addAll(response.getEventsList());
    }

    /** The payloads of the next events, as text. */
    public List<String> next(int count) {
      List<String> texts = new ArrayList<>();
      while (texts.size() < count) {
        texts.add(text(next()));
      }
      return texts;
    }

    /** The payloads of all events to the stream's end, which is OK. */
    public List<String> rest() {
      while (stream.hasNext()) {
        take();
      }
      List<String> texts = waiting.stream().map(PubSubFixture::text).toList();
      waiting.clear();
      return texts;
    }

    @Override
    public void close() {
      stream.close();
    }
  }
}
