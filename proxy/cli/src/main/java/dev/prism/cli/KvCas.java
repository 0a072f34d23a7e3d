package dev.prism.cli;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.CompareAndSwapRequest;
import dev.prism.keyvalue.v1.CompareAndSwapResponse;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code prism kv cas}. */
@picocli.CommandLine.Command(
    name = "cas",
    header = "Writes a value where the present one is as expected.",
    description = {
      "",
      "Prints 'swapped' (exit status 0), or 'not swapped' with what was found (1).",
      "",
      "Examples:",
      "  prism kv cas counter 8 --expect 7",
      "  prism kv cas lock me --expect-absent --ttl 30s",
      ""
    })
final class KvCas extends Command {
  @Mixin private KvCommand.CollectionOption collection = new KvCommand.CollectionOption();
  @Mixin private KvCommand.KeyAndValue item = new KvCommand.KeyAndValue();
  @Mixin private KvCommand.ExpiryOption expiry = new KvCommand.ExpiryOption();
  @Mixin private KvCommand.IdempotencyOption idempotency = new KvCommand.IdempotencyOption();

  @ArgGroup(multiplicity = "1")
  private Expected expected = new Expected();

  /** What must be there; exactly one. */
  static final class Expected {
    @Option(names = "--expect", paramLabel = "VALUE", description = "The present value, as text.")
    @Nullable String value;

    @Option(names = "--expect-absent", description = "There is no item.")
    boolean absent;
  }

  KvCas(Console console) {
    super(console);
  }

  @Override
  public Integer call() {
    CompareAndSwapRequest.Builder swap =
        CompareAndSwapRequest.newBuilder()
            .setCollection(collection.name)
            .setKey(item.key)
            .setPartitionKey(item.partitionKey)
            .setNewValue(item.read(console))
            .setIdempotencyKey(idempotency.key);
    if (expected.value != null) {
      swap.setExpectedValue(ByteString.copyFromUtf8(expected.value));
    }
    if (expiry.ttl != null) {
      swap.setTtl(Units.of(expiry.ttl));
    } else if (expiry.keepTtl) {
      swap.setKeepTtl(true);
    }
    try (Client client = Client.ofData(options)) {
      CompareAndSwapResponse answer = client.keyValue().compareAndSwap(swap.build());
      if (options.json()) {
        sayJson(answer);
      } else if (answer.getSwapped()) {
        say("swapped");
      } else {
        say(
            "not swapped: "
                + (answer.hasCurrent()
                    ? "the value is " + KvScan.printable(answer.getCurrent().getValue())
                    : "the key is not there"));
      }
      return answer.getSwapped() ? OK : FAILED;
    }
  }
}
