package dev.prism.plugin.redis;

import com.google.rpc.Status;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What {@code write.lua} answers for a unit, now or as it is remembered. */
final class UnitAnswer {
  private static final int WORD = 4;

  private UnitAnswer() {}

  static UnitResult result(Unit unit, byte[] answer) {
    ByteBuffer from = ByteBuffer.wrap(answer);
    return switch (new String(bytes(from, WORD), StandardCharsets.US_ASCII)) {
      case "same" -> replayed(unit, from);
      case "diff" -> new UnitResult.Failed(Failures.keyReused());
      case "fail" -> {
        if (outcome(unit.writes().getFirst(), from) instanceof WriteResult.Failed(Status why)) {
          yield new UnitResult.Failed(why);
        }
        throw unreadable();
      }
      case "done" -> new UnitResult.Applied(outcomes(unit, from));
      default -> throw unreadable();
    };
  }

  private static UnitResult replayed(Unit unit, ByteBuffer from) {
    Unit.Idempotency once = unit.idempotency();
    if (once == null) {
      throw unreadable();
    }
    return new UnitResult.Replayed(once.encode().apply(outcomes(unit, from)));
  }

  private static List<WriteResult> outcomes(Unit unit, ByteBuffer from) {
    List<WriteResult> results = new ArrayList<>(unit.writes().size());
    for (Write write : unit.writes()) {
      results.add(outcome(write, from));
    }
    return results;
  }

  private static WriteResult outcome(Write write, ByteBuffer from) {
    ByteBuffer outcome = ByteBuffer.wrap(bytes(from, from.getInt()));
    return switch ((char) outcome.get()) {
      case 'd' -> done(write, outcome);
      case 'n' ->
          switch (write) {
            case Write.Expire(Key _, long millis) -> new WriteResult.Expired(false, millis);
            default -> new WriteResult.Deleted(false);
          };
      case 's' -> notSwapped(bytes(outcome, outcome.remaining()));
      case 'e' -> failed(Reason.ETAG_MISMATCH, "the item has another etag, or is not there");
      case 't' -> failed(Reason.KEY_EXISTS, "there is an item under this key");
      case 'a' -> failed(Reason.KEY_ABSENT, "there is no item under this key");
      case 'c' -> new WriteResult.Failed(StoredItem.corrupt().status());
      case 'w' -> new WriteResult.Failed(Failures.otherType().status());
      default -> throw unreadable();
    };
  }

  private static WriteResult done(Write write, ByteBuffer outcome) {
    return switch (write) {
      case Write.Put _, Write.CompareAndSwap _ ->
          new WriteResult.Written(
              StoredItem.etag(bytes(outcome, StoredItem.ETAG_BYTES)), outcome.getLong());
      case Write.Delete _ -> new WriteResult.Deleted(true);
      case Write.Expire _ -> new WriteResult.Expired(true, outcome.getLong());
    };
  }

  private static WriteResult notSwapped(byte[] found) {
    try {
      return new WriteResult.NotSwapped(found.length == 0 ? null : StoredItem.decode(found));
    } catch (PrismException corrupt) { // the batch's other writes are done
      return new WriteResult.Failed(corrupt.status());
    }
  }

  private static WriteResult failed(Reason reason, String message) {
    return new WriteResult.Failed(PrismException.status(reason, message));
  }

  private static byte[] bytes(ByteBuffer from, int count) {
    byte[] bytes = new byte[count];
    from.get(bytes);
    return bytes;
  }

  private static IllegalStateException unreadable() {
    return new IllegalStateException("the script's answer is none");
  }
}
