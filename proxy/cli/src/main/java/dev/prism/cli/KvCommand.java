package dev.prism.cli;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code prism kv}: values under keys. */
@CommandLine.Command(
    name = "kv",
    header = "Reads and writes values under keys.",
    description = {
      "",
      "Each command opens a session, makes its call and closes the session.",
      "",
      "Examples:",
      "  prism kv put greeting hello",
      "  prism kv get greeting",
      "  prism kv put session:42 --ttl 30m --if-absent '{\"user\": 7}'",
      "  tar c photos | prism kv put photos.tar -",
      "  prism kv scan --prefix session: --keys-only",
      ""
    },
    synopsisSubcommandLabel = "COMMAND")
final class KvCommand {
  private KvCommand() {}

  /** The group with the command that {@code word} names, or with all. */
  static CommandLine line(Console console, String word) {
    return new Subcommands()
        .with("put", () -> new KvPut(console))
        .with("get", () -> new KvGet(console))
        .with("delete", () -> new KvDelete(console))
        .with("exists", () -> new KvExists(console))
        .with("scan", () -> new KvScan(console))
        .with("cas", () -> new KvCas(console))
        .with("expire", () -> new KvExpire(console))
        .with("persist", () -> new KvPersist(console))
        .with("batch", () -> KvBatch.line(console))
        .addTo(new CommandLine(new KvCommand()), word);
  }

  /** Which collection, for all of them. */
  static final class CollectionOption {
    @Option(
        names = {"-c", "--collection"},
        paramLabel = "NAME",
        defaultValue = "default",
        description = "The collection (default: ${DEFAULT-VALUE}).")
    String name = "";
  }

  /** Which key, for those that take one. */
  static class KeyOption {
    @Parameters(index = "0", paramLabel = "KEY", description = "The key, at most 1024 bytes.")
    String key = "";

    @Option(
        names = "--partition-key",
        paramLabel = "KEY",
        defaultValue = "",
        description = "Where the item lives, on backends that divide collections.")
    String partitionKey = "";
  }

  /** Makes a write safe to send again. */
  static final class IdempotencyOption {
    @Option(
        names = "--idempotency-key",
        paramLabel = "KEY",
        defaultValue = "",
        description = "The same key again returns the first result instead of writing again.")
    String key = "";
  }

  /** A key and its value: an argument, standard input or a file. */
  static final class KeyAndValue extends KeyOption {
    @Parameters(
        index = "1",
        arity = "0..1",
        paramLabel = "VALUE",
        description = "The value as text, or - to read its bytes from standard input.")
    @Nullable String text;

    @Option(names = "--file", paramLabel = "FILE", description = "Read the value from a file.")
    @Nullable Path file;

    ByteString read(Console console) {
      if (text == null && file == null) {
        throw new UserError("a value is missing: write it after the key, or -, or --file FILE");
      }
      if (text != null && file != null) {
        throw new UserError("two values: keep the argument or --file");
      }
      try {
        if (file != null) {
          return ByteString.copyFrom(Files.readAllBytes(file));
        }
        return "-".equals(text)
            ? ByteString.readFrom(console.in())
            : ByteString.copyFrom(String.valueOf(text), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UserError("cannot read the value: " + e);
      }
    }
  }

  /** What becomes of an item's lifetime. */
  static final class ExpiryOption {
    @Option(
        names = "--ttl",
        paramLabel = "TIME",
        converter = Units.TimeConverter.class,
        description = "Remove the item after this time, such as 10s, 5m or 7d.")
    @Nullable Duration ttl;

    @Option(names = "--keep-ttl", description = "Keep the time to live that the item has.")
    boolean keepTtl;
  }
}
