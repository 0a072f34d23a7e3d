package dev.prism.plugin.nats;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What tests of stores share: items of the collection {@code c} in the namespace {@code n}. */
final class Items {
  static final String NAMESPACE = "n";
  static final String COLLECTION = "c";

  private Items() {}

  static NatsSettings settings(String url) {
    return NatsSettings.of(PluginConfig.of(Map.of("NATS_URL", url)));
  }

  static NatsStore store(String url, InstantSource clock) {
    return new NatsStore(new NatsLink(settings(url)), settings(url), clock);
  }

  static Key key(String key) {
    return new Key(COLLECTION, key, key);
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static Write put(Key key, String value, Map<String, String> metadata) {
    return put(key, value, metadata, new Write.Expiry.Never(), new Write.Condition.None());
  }

  static Write put(
      Key key,
      String value,
      Map<String, String> metadata,
      Write.Expiry expiry,
      Write.Condition condition) {
    return new Write.Put(key, bytes(value), "", metadata, expiry, condition);
  }

  static Write put(String key, String value) {
    return put(key(key), value, Map.of());
  }

  static Write swap(String key, @Nullable String expected, String value) {
    return new Write.CompareAndSwap(
        key(key),
        expected == null ? null : bytes(expected),
        bytes(value),
        "",
        Map.of(),
        new Write.Expiry.Never());
  }

  static WriteResult write(NatsStore store, Write write) {
    UnitResult result =
        store.write(NAMESPACE, List.of(new Unit(List.of(write), false, null))).getFirst();
    return ((UnitResult.Applied) result).results().getFirst();
  }

  static @Nullable Item read(NatsStore store, Key key) {
    return store.read(NAMESPACE, Consistency.STRONG, List.of(key), 1 << 20).getFirst();
  }

  static @Nullable String value(NatsStore store, String key) {
    return text(read(store, key(key)));
  }

  static @Nullable String text(@Nullable Item item) {
    return item == null ? null : new String(item.value(), StandardCharsets.UTF_8);
  }

  static List<Key> scan(NatsStore store, @Nullable String partition) {
    List<Key> keys = new ArrayList<>();
    Scan scan = new Scan(COLLECTION, partition, "", "", Long.MAX_VALUE, false);
    store.scan(
        NAMESPACE,
        Consistency.STRONG,
        scan,
        entries -> {
          entries.forEach(entry -> keys.add(entry.key()));
          return true;
        });
    return keys;
  }
}
