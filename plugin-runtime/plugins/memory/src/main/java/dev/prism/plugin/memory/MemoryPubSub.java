package dev.prism.plugin.memory;

import com.google.rpc.Status;
import dev.prism.sdk.Capability;
import dev.prism.sdk.pubsub.Emission;
import dev.prism.sdk.pubsub.Fanout;
import dev.prism.sdk.pubsub.Listener;
import dev.prism.sdk.pubsub.Listening;
import dev.prism.sdk.pubsub.PubSub;
import dev.prism.sdk.pubsub.TopicPattern;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Events to the listeners of this process: all there are of the backend. */
final class MemoryPubSub implements PubSub {
  private static final Set<Capability> CAPABILITIES = EnumSet.of(Capability.QUEUE_GROUPS);

  private final Map<String, Fanout> namespaces = new ConcurrentHashMap<>();

  @Override
  public Set<Capability> capabilities() {
    return CAPABILITIES;
  }

  @Override
  public List<Optional<Status>> publish(String namespace, List<Emission> emissions) {
    Fanout fanout = namespaces.get(namespace);
    List<Optional<Status>> results = new ArrayList<>(emissions.size());
    for (Emission emission : emissions) {
      if (fanout != null) {
        fanout.deliver(emission.topic(), emission.event());
      }
      results.add(Optional.empty());
    }
    return results;
  }

  @Override
  public Listening listen(String namespace, TopicPattern pattern, String group, Listener listener) {
    return namespaces
        .computeIfAbsent(namespace, absent -> new Fanout())
        .add(pattern, group, listener);
  }

  @Override
  public void ping() {
    // It is this process.
  }

  @Override
  public void close() {
    namespaces.clear();
  }
}
