package dev.prism.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageOrBuilder;
import com.google.rpc.Status;
import dev.prism.keyvalue.v1.BatchDeleteEntry;
import dev.prism.keyvalue.v1.BatchDeleteRequest;
import dev.prism.keyvalue.v1.BatchDeleteResponse;
import dev.prism.keyvalue.v1.BatchGetRequest;
import dev.prism.keyvalue.v1.BatchGetResponse;
import dev.prism.keyvalue.v1.BatchPutEntry;
import dev.prism.keyvalue.v1.BatchPutRequest;
import dev.prism.keyvalue.v1.BatchPutResponse;
import dev.prism.keyvalue.v1.GetResponse;
import dev.prism.keyvalue.v1.KeyRef;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code prism kv batch}: several keys in one call. */
@CommandLine.Command(
    name = "batch",
    header = "Reads, writes or removes several keys in one call.",
    description = {
      "",
      "Prints one line a key, in the order given; exit status 1 says that some failed. With --atomic",
      "all are written or none, on backends that can.",
      "",
      "Examples:",
      "  prism kv batch put a=1 b=2 --atomic",
      "  prism kv batch get a b",
      "  prism kv batch delete a b",
      ""
    },
    synopsisSubcommandLabel = "COMMAND")
final class KvBatch {
  private KvBatch() {}

  static CommandLine line(Console console) {
    return new CommandLine(new KvBatch())
        .addSubcommand(new Get(console))
        .addSubcommand(new Put(console))
        .addSubcommand(new Delete(console));
  }

  /** All or none. */
  static final class AtomicOption {
    @Option(names = "--atomic", description = "All or none.")
    boolean atomic;
  }

  /** What the three share: keys, and one line for each. */
  abstract static class Batch extends Command {
    @Mixin protected KvCommand.CollectionOption collection = new KvCommand.CollectionOption();

    Batch(Console console) {
      super(console);
    }

    /**
     * Prints the answer.
     *
     * @param error the status of the entry at an index; OK (the default instance) where it
     *     succeeded
     * @param success what to print of an entry that succeeded
     */
    protected int report(
        MessageOrBuilder answer,
        List<String> keys,
        IntFunction<Status> error,
        IntFunction<String> success) {
      boolean allDone = true;
      for (int i = 0; i < keys.size(); i++) {
        Status status = error.apply(i);
        boolean done = status.getCode() == 0;
        allDone &= done;
        if (!options.json()) {
          say(keys.get(i) + "\t" + (done ? success.apply(i) : Failures.brief(status)));
        }
      }
      if (options.json()) {
        sayJson(answer);
      }
      return allDone ? OK : FAILED;
    }
  }

  @CommandLine.Command(name = "get", header = "Reads several keys.")
  static final class Get extends Batch {
    @Parameters(arity = "1..*", paramLabel = "KEY", description = "The keys, at most 1000.")
    private List<String> keys = new ArrayList<>();

    Get(Console console) {
      super(console);
    }

    @Override
    public Integer call() {
      BatchGetRequest.Builder get = BatchGetRequest.newBuilder().setCollection(collection.name);
      keys.forEach(key -> get.addKeys(KeyRef.newBuilder().setKey(key)));
      try (Client client = Client.ofData(options)) {
        BatchGetResponse answer = client.keyValue().batchGet(get.build());
        return report(
            answer,
            keys,
            i -> answer.getResults(i).getError(),
            i -> value(answer.getResults(i).getSuccess()));
      }
    }

    private static String value(GetResponse found) {
      return found.hasItem() ? KvScan.printable(found.getItem().getValue()) : "(not there)";
    }
  }

  @CommandLine.Command(name = "put", header = "Writes several keys.")
  static final class Put extends Batch {
    @Mixin private AtomicOption atomic = new AtomicOption();
    @Mixin private KvCommand.ExpiryOption expiry = new KvCommand.ExpiryOption();
    @Mixin private KvCommand.IdempotencyOption idempotency = new KvCommand.IdempotencyOption();

    @Parameters(arity = "1..*", paramLabel = "KEY=VALUE", description = "The items, at most 1000.")
    private List<String> items = new ArrayList<>();

    Put(Console console) {
      super(console);
    }

    @Override
    public Integer call() {
      BatchPutRequest.Builder put =
          BatchPutRequest.newBuilder()
              .setCollection(collection.name)
              .setAtomic(atomic.atomic)
              .setIdempotencyKey(idempotency.key);
      List<String> keys = new ArrayList<>();
      for (String item : items) {
        int equals = item.indexOf('=');
        if (equals < 1) {
          throw new UserError("'" + item + "' is not KEY=VALUE");
        }
        keys.add(item.substring(0, equals));
        BatchPutEntry.Builder entry =
            put.addEntriesBuilder()
                .setKey(keys.getLast())
                .setValue(ByteString.copyFromUtf8(item.substring(equals + 1)));
        if (expiry.ttl != null) {
          entry.setTtl(Units.of(expiry.ttl));
        } else if (expiry.keepTtl) {
          entry.setKeepTtl(true);
        }
      }
      try (Client client = Client.ofData(options)) {
        BatchPutResponse answer = client.keyValue().batchPut(put.build());
        return report(answer, keys, i -> answer.getResults(i).getError(), i -> "written");
      }
    }
  }

  @CommandLine.Command(name = "delete", header = "Removes several keys.")
  static final class Delete extends Batch {
    @Mixin private AtomicOption atomic = new AtomicOption();
    @Mixin private KvCommand.IdempotencyOption idempotency = new KvCommand.IdempotencyOption();

    @Parameters(arity = "1..*", paramLabel = "KEY", description = "The keys, at most 1000.")
    private List<String> keys = new ArrayList<>();

    Delete(Console console) {
      super(console);
    }

    @Override
    public Integer call() {
      BatchDeleteRequest.Builder delete =
          BatchDeleteRequest.newBuilder()
              .setCollection(collection.name)
              .setAtomic(atomic.atomic)
              .setIdempotencyKey(idempotency.key);
      keys.forEach(key -> delete.addEntries(BatchDeleteEntry.newBuilder().setKey(key)));
      try (Client client = Client.ofData(options)) {
        BatchDeleteResponse answer = client.keyValue().batchDelete(delete.build());
        return report(
            answer,
            keys,
            i -> answer.getResults(i).getError(),
            i -> answer.getResults(i).getSuccess().getExisted() ? "deleted" : "was not there");
      }
    }
  }
}
