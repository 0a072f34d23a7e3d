package dev.prism.cli;

import com.google.protobuf.Empty;
import dev.prism.type.v1.Ack;
import dev.prism.type.v1.AckResult;
import dev.prism.type.v1.Extend;
import dev.prism.type.v1.Nack;
import dev.prism.type.v1.Reject;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What became of deliveries: they were processed, or what one of its options says. */
final class Outcome {
  @Option(
      names = "--retry-after",
      paramLabel = "TIME",
      converter = Units.TimeConverter.class,
      description = "Not processed: deliver them again after this time (0s: at once).")
  private @Nullable Duration retryAfter;

  @Option(
      names = "--reject",
      paramLabel = "REASON",
      description = "Cannot be processed: never deliver them again, as dead letters.")
  private @Nullable String reject;

  @Option(
      names = "--extend",
      paramLabel = "TIME",
      converter = Units.TimeConverter.class,
      description = "Still being processed: give them so long from now, 1s to 12h.")
  private @Nullable Duration extend;

  /** What is said of one delivery. */
  Ack of(String receipt) {
    Ack.Builder ack = Ack.newBuilder().setReceipt(receipt);
    if (retryAfter != null) {
      return ack.setNack(Nack.newBuilder().setDelay(Units.of(retryAfter))).build();
    }
    if (extend != null) {
      return ack.setExtend(Extend.newBuilder().setBy(Units.of(extend))).build();
    }
    return reject == null
        ? ack.setAck(Empty.getDefaultInstance()).build()
        : ack.setReject(Reject.newBuilder().setReason(reject)).build();
  }

  /** Tells of those that were not taken; whether all were. */
  static boolean tell(List<AckResult> results, PrintStream err) {
    boolean allTaken = true;
    for (AckResult result : results) {
      if (result.hasError()) {
        allTaken = false;
        err.println("prism: " + Failures.brief(result.getError()));
      }
    }
    return allTaken;
  }
}
