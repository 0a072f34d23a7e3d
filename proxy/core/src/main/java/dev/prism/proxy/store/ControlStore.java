package dev.prism.proxy.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.rpc.Status;
import dev.prism.keyvalue.v1.DeleteRequest;
import dev.prism.keyvalue.v1.DeleteResponse;
import dev.prism.keyvalue.v1.Keyvalue;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.keyvalue.v1.PutResponse;
import dev.prism.keyvalue.v1.ScanEntry;
import dev.prism.keyvalue.v1.ScanRequest;
import dev.prism.keyvalue.v1.ScanResponse;
import dev.prism.link.CallHeader;
import dev.prism.link.Exchange;
import dev.prism.link.Link;
import dev.prism.link.LinkException;
import dev.prism.options.Options;
import dev.prism.proxy.route.Plugins.Incarnation;
import dev.prism.proxy.route.Plugins.Plugin;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.ConsistencyLevel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the proxy itself keeps across restarts: small protobuf records under keys, held by a durable
 * backend instance through the product's own KeyValue calls, in a namespace that no client can
 * name. See docs/decisions/control-store.md.
 *
 * <p>Every operation writes or removes one whole record, so that it may be sent again: a plugin
 * that dies under one is waited for, until the operation's timeout. Safe for any thread; blocks,
 * and is never used by a data call.
 */
public final class ControlStore {
  /** Not a name that a client's namespace can have: it has a dot. */
  public static final String NAMESPACE = "prism.control";

  /** The kinds of records: each is one partition of a collection of its own. */
  public enum Kind {
    SESSIONS("sessions"),
    CONFIGS("configs"),
    API_KEYS("api-keys"),
    SCHEMAS("schemas");

    private final String collection;

    Kind(String collection) {
      this.collection = collection;
    }
  }

  /**
   * One partition a collection: every backend can scan a partition in order, not every one a whole
   * collection.
   */
  private static final String PARTITION = "all";

  private static final Logger LOG = LoggerFactory.getLogger(ControlStore.class);

  private static final int PUT = operation("Put");
  private static final int DELETE = operation("Delete");
  private static final int SCAN = operation("Scan");

  /** A record and its key. */
  public record Entry<T>(String key, T value) {}

  private final Plugin plugin;
  private final long timeoutNanos;
  private final AtomicLong calls = new AtomicLong();

  /**
   * @param plugin of the backend instance that {@code control.backend} names
   * @param timeout how long one operation may take, a restart of the plugin included
   */
  public ControlStore(Plugin plugin, Duration timeout) {
    this.plugin = plugin;
    this.timeoutNanos = timeout.toNanos();
  }

  /**
   * Writes a record, whatever was there before; returns when the backend holds it durably.
   *
   * @throws PrismException PLUGIN_UNAVAILABLE when that was not so in time (it may be later),
   *     BACKEND_FULL when there is no room for it
   */
  public void put(Kind kind, String key, Message record) {
    PutRequest request =
        PutRequest.newBuilder()
            .setCollection(kind.collection)
            .setPartitionKey(PARTITION)
            .setKey(key)
            .setValue(record.toByteString())
            .build();
    byte[] bytes = request.toByteArray();
    run(PUT, (link, header) -> PutResponse.parseFrom(link.call(header, bytes)));
  }

  /**
   * Removes a record; returns when it is gone durably.
   *
   * @throws PrismException as {@link #put}
   */
  public void delete(Kind kind, String key) {
    DeleteRequest request =
        DeleteRequest.newBuilder()
            .setCollection(kind.collection)
            .setPartitionKey(PARTITION)
            .setKey(key)
            .build();
    byte[] bytes = request.toByteArray();
    run(DELETE, (link, header) -> DeleteResponse.parseFrom(link.call(header, bytes)));
  }

  /**
   * Every record of a kind, in the order of the keys. A record that cannot be read is logged and
   * left out: it must not keep the others from being served.
   *
   * @throws PrismException as {@link #put}
   */
  public <T extends Message> List<Entry<T>> list(Kind kind, Parser<T> parser) {
    ScanRequest request =
        ScanRequest.newBuilder().setCollection(kind.collection).setPartitionKey(PARTITION).build();
    byte[] bytes = request.toByteArray();
    List<Entry<T>> entries = new ArrayList<>();
    for (Entry<ByteString> entry : run(SCAN, (link, header) -> scan(link, header, bytes))) {
      try {
        entries.add(new Entry<>(entry.key(), parser.parseFrom(entry.value())));
      } catch (InvalidProtocolBufferException e) {
        LOG.atError()
            .addKeyValue("collection", kind.collection)
            .addKeyValue("key", entry.key())
            .setCause(e)
            .log("A record of the control store cannot be read; it is left out");
      }
    }
    return entries;
  }

  private static List<Entry<ByteString>> scan(Link link, CallHeader header, byte[] request)
      throws LinkException, InvalidProtocolBufferException {
    List<Entry<ByteString>> entries = new ArrayList<>();
    try (Exchange exchange = link.open(header, request)) {
      exchange.halfClose();
      for (byte[] message = exchange.receive(); message != null; message = exchange.receive()) {
        for (ScanEntry entry : ScanResponse.parseFrom(message).getEntriesList()) {
          entries.add(new Entry<>(entry.getKey(), entry.getItem().getValue()));
        }
      }
    }
    return entries;
  }

  /** One operation on one incarnation of the plugin. */
  private interface Attempt<T> {
    T on(Link link, CallHeader header) throws LinkException, InvalidProtocolBufferException;
  }

  private <T> T run(int operation, Attempt<T> attempt) {
    long start = System.nanoTime();
    long deadline = start + timeoutNanos;
    CallHeader header =
        new CallHeader(
            operation,
            NAMESPACE,
            0,
            ConsistencyLevel.CONSISTENCY_LEVEL_STRONG_VALUE,
            0,
            deadline,
            start,
            "control-" + calls.incrementAndGet(),
            null);
    try {
      // Any incarnation that is up will do for the first attempt, a newer one for each that
      // follows.
      Incarnation incarnation = plugin.awaitNext(0, deadline);
      while (true) {
        try {
          return attempt.on(incarnation.link(), header);
        } catch (LinkException e) {
          switch (e.kind()) {
            case DOWN, PEER_DIED -> incarnation = plugin.awaitNext(incarnation.number(), deadline);
            case FULL -> Thread.sleep(10);
            case REMOTE, TOO_LARGE, DEADLINE, CANCELLED -> throw failed(e);
          }
          if (System.nanoTime() - deadline >= 0) {
            throw failed(e);
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw PrismException.of(Reason.CANCELLED, "The call was cancelled.");
    } catch (InvalidProtocolBufferException e) {
      LOG.error("The control store's backend answered what cannot be read", e);
      throw PrismException.of(Reason.INTERNAL, "The control store gave no usable answer.");
    }
  }

  /**
   * What a client is told. All but a full disk may be tried again: records are written whole, so
   * that twice is once.
   */
  private PrismException failed(LinkException e) {
    LOG.atWarn()
        .addKeyValue("instance", plugin.instance())
        .addKeyValue("kind", e.kind())
        .log("The control store's backend did not do what was asked: {}", e.getMessage());
    return isFull(e.status())
        ? PrismException.of(
            Reason.BACKEND_FULL,
            "The server's control store has no room; an administrator has to make some.")
        : PrismException.of(
            Reason.PLUGIN_UNAVAILABLE,
            "The server's control store is not available now; try again.");
  }

  private static boolean isFull(@Nullable Status status) {
    return status != null && PrismException.reason(status) == Reason.BACKEND_FULL;
  }

  private static int operation(String method) {
    return Keyvalue.getDescriptor()
        .findServiceByName("KeyValueService")
        .findMethodByName(method)
        .getOptions()
        .getExtension(Options.method)
        .getOperation();
  }
}
