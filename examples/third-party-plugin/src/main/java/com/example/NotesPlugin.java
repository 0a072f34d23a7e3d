package com.example;

import dev.prism.sdk.*;
import dev.prism.sdk.keyvalue.*;
import java.util.*;
import java.util.concurrent.ConcurrentSkipListMap;

/** A whole plugin: it keeps values in a map, and declares no capability beyond the least. */
public final class NotesPlugin implements Plugin {
  public static void main(String[] args) {
    PluginMain.run(new NotesPlugin(), args);
  }

  @Override public String name() { return "notes"; }

  @Override public String backendType() { return "custom"; }

  @Override public Optional<KeyValueStore> keyValue(PluginConfig config) {
    return Optional.of(new Notes(config.string("NOTES_CONTENT_TYPE").orElse("text/plain")));
  }

  private static final class Notes implements KeyValueStore {
    private final String contentType;
    private final NavigableMap<String, Item> items = new ConcurrentSkipListMap<>();
    private long writes;

    Notes(String contentType) { this.contentType = contentType; }

    @Override public Set<Capability> capabilities() { return Set.of(); }

    // A read sees every write before it, which is good enough for any level.
    @Override public Set<Consistency.Level> consistencyLevels() {
      return EnumSet.allOf(Consistency.Level.class);
    }

    // One reader, writes applied in order, and nothing that waits: runs on the link's own thread.
    @Override public Execution execution() { return new Execution(1, true, false); }

    // The values are in memory already, so that there is no reason to stop at maxBytes.
    @Override public List<Item> read(String namespace, Consistency consistency, List<Key> keys, long maxBytes) {
      return keys.stream().map(key -> items.get(place(namespace, key))).toList();
    }

    @Override public List<UnitResult> write(String namespace, List<Unit> units) {
      return units.stream().<UnitResult>map(unit -> new UnitResult.Applied(
          unit.writes().stream().map(write -> apply(namespace, write)).toList())).toList();
    }

    private WriteResult apply(String namespace, Write write) {
      String place = place(namespace, write.key());
      if (write instanceof Write.Put put) {
        String etag = Long.toString(++writes);
        items.put(place, new Item(put.value(), etag, Item.NEVER, contentType, put.metadata()));
        return new WriteResult.Written(etag, Item.NEVER);
      }
      // What needs a capability is refused before it comes here, so only a delete is left.
      return new WriteResult.Deleted(items.remove(place) != null);
    }

    @Override public void scan(String namespace, Consistency consistency, Scan scan, ScanSink sink) {
      // Without GLOBAL_SCAN a partition is given, which is the one key that lives in it.
      Key key = new Key(scan.collection(), scan.partition(), scan.partition());
      Item item = items.get(place(namespace, key));
      if (item != null && key.key().startsWith(scan.prefix()) && key.key().compareTo(scan.startAfter()) > 0) {
        sink.accept(List.of(new ScanSink.Entry(key, item)));
      }
    }

    @Override public void ping() {}

    @Override public void close() {}

    private static String place(String namespace, Key key) {
      return namespace + "/" + key.collection() + "/" + key.partition() + "/" + key.key();
    }
  }
}
