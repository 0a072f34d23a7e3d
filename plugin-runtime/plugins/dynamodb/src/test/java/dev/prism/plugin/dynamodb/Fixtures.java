package dev.prism.plugin.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What tests of the store share. */
final class Fixtures {
  private Fixtures() {}

  /** A store with these settings and others, given in pairs. */
  static DynamoStore store(Map<String, String> settings, String... others) {
    Map<String, String> all = new HashMap<>(settings);
    for (int i = 0; i < others.length; i += 2) {
      all.put(others[i], others[i + 1]);
    }
    return new DynamoStore(DynamoSettings.of(PluginConfig.of(all)), InstantSource.system());
  }

  static Key key(String key) {
    return new Key("c", key, key);
  }

  static Write put(String key, byte[] value, Write.Condition condition) {
    return new Write.Put(key(key), value, "", Map.of(), new Write.Expiry.Never(), condition);
  }

  static Write put(String key, String value) {
    return put(key, value.getBytes(StandardCharsets.UTF_8), new Write.Condition.None());
  }

  static Unit unit(Write... writes) {
    return new Unit(List.of(writes), false, null);
  }

  static Unit atomic(List<Write> writes) {
    return new Unit(writes, true, null);
  }

  /** A unit that takes effect once, whose answer is one byte. */
  static Unit once(String key, Write... writes) {
    return new Unit(
        List.of(writes), false, new Unit.Idempotency("s", key, new byte[32], _ -> new byte[] {1}));
  }

  static @Nullable Item read(DynamoStore store, String key) {
    return store.read("n", Consistency.STRONG, List.of(key(key)), 1 << 20).getFirst();
  }

  static @Nullable String value(DynamoStore store, String key) {
    Item item = read(store, key);
    return item == null ? null : new String(item.value(), StandardCharsets.UTF_8);
  }

  /** The result of the only write of the only unit. */
  static WriteResult write(DynamoStore store, Write write) {
    UnitResult result = store.write("n", List.of(unit(write))).getFirst();
    assertThat(result).isInstanceOf(UnitResult.Applied.class);
    return ((UnitResult.Applied) result).results().getFirst();
  }

  /** The status of what failed. */
  static Status status(Object result) {
    return switch (result) {
      case WriteResult.Failed(Status status) -> status;
      case UnitResult.Failed(Status status) -> status;
      default -> throw new AssertionError("this did not fail: " + result);
    };
  }

  static String reason(Status status) {
    try {
      return status.getDetails(0).unpack(ErrorInfo.class).getReason();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
