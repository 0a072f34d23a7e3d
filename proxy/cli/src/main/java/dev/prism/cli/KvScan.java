package dev.prism.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.prism.keyvalue.v1.ScanEntry;
import dev.prism.keyvalue.v1.ScanRequest;
import java.util.Iterator;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code prism kv scan}. */
@picocli.CommandLine.Command(
    name = "scan",
    header = "Lists the items of a collection in key order.",
    description = {
      "",
      "One line an item: the key, a tab and the value as text (bytes that are no text are shown as",
      "\\xNN, tab, line break and backslash as \\t, \\n and \\\\). --json prints one JSON object a line.",
      "",
      "Examples:",
      "  prism kv scan --prefix user:",
      "  prism kv scan --start-after user:1000 --limit 100 --keys-only",
      ""
    })
final class KvScan extends Command {
  @Mixin private KvCommand.CollectionOption collection = new KvCommand.CollectionOption();

  @Option(
      names = "--prefix",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "Only keys that begin with this.")
  private String prefix = "";

  @Option(
      names = "--start-after",
      paramLabel = "KEY",
      defaultValue = "",
      description = "Only keys after this one.")
  private String startAfter = "";

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "0",
      description = "The most items; default: all.")
  private long limit;

  @Option(names = "--keys-only", description = "Leave out the values.")
  private boolean keysOnly;

  @Option(
      names = "--partition-key",
      paramLabel = "KEY",
      defaultValue = "",
      description = "Only this partition; default: all.")
  private String partitionKey = "";

  KvScan(Console console) {
    super(console);
  }

  @Override
  public Integer call() throws InvalidProtocolBufferException {
    if (limit < 0) {
      throw new UserError("--limit must not be negative");
    }
    ScanRequest scan =
        ScanRequest.newBuilder()
            .setCollection(collection.name)
            .setPartitionKey(partitionKey)
            .setPrefix(prefix)
            .setStartAfter(startAfter)
            .setLimit(limit)
            .setKeysOnly(keysOnly)
            .build();
    try (Client client = Client.ofData(options)) {
      Iterator<dev.prism.keyvalue.v1.ScanResponse> answers = client.keyValueStreams().scan(scan);
      while (answers.hasNext()) {
        for (ScanEntry entry : answers.next().getEntriesList()) {
          say(options.json() ? inOneLine(entry) : line(entry));
        }
        if (console.out().checkError()) {
          return FAILED; // whoever read the list has seen enough
        }
      }
    }
    return OK;
  }

  private String line(ScanEntry entry) {
    String key = printable(ByteString.copyFromUtf8(entry.getKey()));
    return keysOnly ? key : key + "\t" + printable(entry.getItem().getValue());
  }

  /** Text as it is, whatever would break a line or is no UTF-8 escaped. */
  static String printable(ByteString bytes) {
    StringBuilder text = new StringBuilder();
    if (bytes.isValidUtf8()) {
      bytes
          .toStringUtf8()
          .codePoints()
          .forEach(
              c -> {
                switch (c) {
                  case '\t' -> text.append("\\t");
                  case '\n' -> text.append("\\n");
                  case '\\' -> text.append("\\\\");
                  default -> {
                    if (Character.isISOControl(c)) {
                      text.append(String.format("\\x%02x", c));
                    } else {
                      text.appendCodePoint(c);
                    }
                  }
                }
              });
    } else {
      for (byte b : bytes) {
        if (b >= ' ' && b < 127 && b != '\\') {
          text.append((char) b);
        } else {
          text.append(String.format("\\x%02x", b));
        }
      }
    }
    return text.toString();
  }
}
