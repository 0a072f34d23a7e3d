package dev.prism.sdk.runtime;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.prism.keyvalue.v1.BatchDeleteRequest;
import dev.prism.keyvalue.v1.BatchGetRequest;
import dev.prism.keyvalue.v1.BatchPutRequest;
import dev.prism.keyvalue.v1.CompareAndSwapRequest;
import dev.prism.keyvalue.v1.DeleteRequest;
import dev.prism.keyvalue.v1.ExistsRequest;
import dev.prism.keyvalue.v1.ExpireRequest;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.KeyRef;
import dev.prism.keyvalue.v1.PersistRequest;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.keyvalue.v1.ScanRequest;
import dev.prism.link.CallHeader;
import dev.prism.link.InboundCall;
import dev.prism.sdk.Capability;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.KeyValueStore;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.runtime.PluginMetrics.Operation;
import dev.prism.sdk.runtime.Work.Group;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.ConsistencyLevel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** Serves {@code KeyValueService} from a store. */
final class KeyValueCalls implements DataCalls {
  private static final Consistency EVENTUAL = new Consistency(Consistency.Level.EVENTUAL, 0);

  private final KeyValueRules rules;
  private final KeyValueWrites writeRequests;
  private final boolean inOrder;
  private final boolean blocking;
  private final int maxMessageBytes;
  private final Coalescer<List<Key>, List<@Nullable Item>> reads;
  private final Coalescer<Unit, UnitResult> writes;
  private final Scans scans;
  private final @Nullable Lanes readLanes;
  private final @Nullable Lanes writeLane;

  KeyValueCalls(
      KeyValueStore store,
      KeyValueRules rules,
      Answers answers,
      PluginMetrics metrics,
      Budget budget) {
    KeyValueStore.Execution execution = store.execution();
    this.rules = rules;
    this.writeRequests = new KeyValueWrites(rules);
    this.inOrder = execution.inOrder();
    this.blocking = execution.blocking();
    this.maxMessageBytes = budget.maxMessageBytes();
    StoreSlots slots = new StoreSlots(execution.readers());
    Coalescer.Limits limits =
        new Coalescer.Limits(
            StoreBackends.BATCH_KEYS,
            budget.batchBytes(),
            StoreBackends.MOST_PENDING,
            budget.maxPendingBytes());
    StoreBackends backends = new StoreBackends(store, slots, budget.batchBytes(), maxMessageBytes);
    this.reads =
        new Coalescer<>(
            blocking ? backends::read : backends::readInPlace,
            true,
            limits,
            new AnswerEvents<>(answers, metrics.call("read"), !blocking, true));
    backends.adapt(reads::limitWeight);
    this.writes =
        new Coalescer<>(
            inOrder ? backends::write : backends::writeSorted,
            false,
            limits,
            new AnswerEvents<>(answers, metrics.call("write"), !blocking, false));
    this.scans = new Scans(store, slots, answers, metrics.call("scan"), budget.maxScans());
    this.readLanes =
        blocking ? new Lanes("read", Math.min(execution.readers(), Lanes.MOST), reads) : null;
    this.writeLane = blocking ? new Lanes("write", 1, writes) : null;
  }

  @Override
  public Map<String, Handler> handlers() {
    return Map.ofEntries(
        Map.entry("Get", this::get),
        Map.entry("Exists", this::exists),
        Map.entry("BatchGet", this::batchGet),
        Map.entry("Scan", this::scan),
        Map.entry("Put", write(PutRequest.parser(), writeRequests::put)),
        Map.entry("Delete", write(DeleteRequest.parser(), writeRequests::delete)),
        Map.entry(
            "CompareAndSwap", write(CompareAndSwapRequest.parser(), writeRequests::compareAndSwap)),
        Map.entry("Expire", write(ExpireRequest.parser(), writeRequests::expire)),
        Map.entry("Persist", write(PersistRequest.parser(), writeRequests::persist)),
        Map.entry("BatchPut", write(BatchPutRequest.parser(), writeRequests::batchPut)),
        Map.entry("BatchDelete", write(BatchDeleteRequest.parser(), writeRequests::batchDelete)));
  }

  @Override
  public Map<String, IntSupplier> depths() {
    return Map.of("read", reads::pending, "write", writes::pending, "scan", scans::running);
  }

  @Override
  public int pending() {
    return reads.pending() + writes.pending() + scans.running();
  }

  @Override
  public void start() {
    Lanes readers = readLanes;
    Lanes writer = writeLane;
    if (readers == null || writer == null) {
      while (writes.runBatch(KeyValueCalls::nobody) || reads.runBatch(KeyValueCalls::nobody)) {
        // Until nothing is left: the store waits for nothing.
      }
      return;
    }
    if (writes.hasWork()) {
      writer.wake();
    }
    if (reads.hasWork()) {
      readers.wake();
    }
  }

  /** Whom to wake where there is but the link's thread. */
  private static void nobody() {}

  @Override
  public void drain() {
    // Every call has an end of its own.
  }

  @Override
  public void close() {
    if (readLanes != null) {
      readLanes.close();
    }
    if (writeLane != null) {
      writeLane.close();
    }
  }

  private void get(InboundCall call, Operation operation, long arrivedNanos) {
    GetRequest request = Handler.parse(GetRequest.parser(), call);
    Key key = key(request.getCollection(), request.getKey(), request.getPartitionKey());
    read(call, operation, arrivedNanos, List.of(key), KeyValueResponses::get);
  }

  private void exists(InboundCall call, Operation operation, long arrivedNanos) {
    ExistsRequest request = Handler.parse(ExistsRequest.parser(), call);
    Key key = key(request.getCollection(), request.getKey(), request.getPartitionKey());
    read(call, operation, arrivedNanos, List.of(key), KeyValueResponses::exists);
  }

  private void batchGet(InboundCall call, Operation operation, long arrivedNanos) {
    BatchGetRequest request = Handler.parse(BatchGetRequest.parser(), call);
    rules.batchSize(request.getKeysCount(), "keys");
    String collection = rules.collection(request.getCollection());
    List<Key> keys = new ArrayList<>(request.getKeysCount());
    for (KeyRef ref : request.getKeysList()) {
      String path = "keys[" + keys.size() + "].";
      keys.add(rules.key(collection, ref.getKey(), ref.getPartitionKey(), path));
    }
    read(call, operation, arrivedNanos, keys, KeyValueResponses::batchGet);
  }

  private void read(
      InboundCall call,
      Operation operation,
      long arrivedNanos,
      List<Key> keys,
      Function<List<@Nullable Item>, byte[]> encode) {
    Group group = new Group(call.header().namespace(), consistency(call.header()));
    reads.offer(
        new Work<>(
            call,
            operation,
            group,
            keys,
            List.of(),
            keys.size(),
            call.request().length,
            arrivedNanos,
            items -> fitting(encode.apply(items))));
  }

  private Answer fitting(byte[] response) {
    if (response.length > maxMessageBytes) {
      throw PrismException.of(
          Reason.MESSAGE_TOO_LARGE,
          "the answer has "
              + response.length
              + " bytes and this backend sends "
              + maxMessageBytes
              + "; ask for fewer keys");
    }
    return new Answer.Reply(response);
  }

  private void scan(InboundCall call, Operation operation, long arrivedNanos) {
    ScanRequest request = Handler.parse(ScanRequest.parser(), call);
    String partition = rules.scanBound(request.getPartitionKey(), "partition_key");
    if (partition.isEmpty() && !rules.has(Capability.GLOBAL_SCAN)) {
      throw PrismException.of(
          Reason.PARTITION_KEY_REQUIRED,
          "this backend scans one partition at a time; set partition_key");
    }
    // An unsigned 64-bit limit: what does not fit a long is as good as none.
    long limit = request.getLimit() > 0 ? request.getLimit() : Long.MAX_VALUE;
    Scan scan =
        new Scan(
            rules.collection(request.getCollection()),
            partition.isEmpty() ? null : partition,
            rules.scanBound(request.getPrefix(), "prefix"),
            rules.scanBound(request.getStartAfter(), "start_after"),
            limit,
            request.getKeysOnly());
    scans.start(call, operation, arrivedNanos, consistency(call.header()), scan);
  }

  private <M extends Message> Handler write(
      Parser<M> parser, Function<M, UnitWork.Decoded> decode) {
    return (call, operation, arrivedNanos) -> {
      UnitWork work = UnitWork.of(decode.apply(Handler.parse(parser, call)), inOrder);
      writes.offer(
          new Work<>(
              call,
              operation,
              // Writes know no consistency level: all of a namespace's go together.
              new Group(call.header().namespace(), Consistency.STRONG),
              work.unit(),
              work.exclusive(),
              work.unit().writes().size(),
              call.request().length,
              arrivedNanos,
              work::answer));
    };
  }

  private Key key(String collection, String key, String partition) {
    return rules.key(rules.collection(collection), key, partition, "");
  }

  /** What is not known here is answered with the strongest level there is. */
  static Consistency consistency(CallHeader header) {
    return switch (ConsistencyLevel.forNumber(header.consistency())) {
      case CONSISTENCY_LEVEL_EVENTUAL -> EVENTUAL;
      case CONSISTENCY_LEVEL_BOUNDED_STALENESS ->
          new Consistency(Consistency.Level.BOUNDED_STALENESS, header.maxStalenessMillis());
      case null, default -> Consistency.STRONG;
    };
  }
}
