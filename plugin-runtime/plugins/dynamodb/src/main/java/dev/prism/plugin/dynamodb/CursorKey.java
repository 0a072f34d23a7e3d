package dev.prism.plugin.dynamodb;

import dev.prism.sdk.CallContext;
import dev.prism.status.PrismException;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The key of cursors, kept in the table of the values, so that every process has the same: an item
 * of no namespace and no collection.
 */
final class CursorKey {
  private static final int BYTES = 32;
  private static final String NAME = "cursor-key";
  private static final Map<String, AttributeValue> KEY =
      Map.of(
          ItemAttributes.PARTITION,
          ItemAttributes.partition("", "", NAME),
          ItemAttributes.KEY,
          ItemAttributes.binary(ItemAttributes.utf8(NAME)));
  private static final long PATIENCE_MILLIS = 2000;

  private final Dynamo dynamo;
  private final ItemTable table;

  CursorKey(Dynamo dynamo, ItemTable table) {
    this.dynamo = dynamo;
    this.table = table;
  }

  /**
   * Reads it, and makes it where there is none.
   *
   * @throws PrismException NOT_PROVISIONED, BACKEND_UNAVAILABLE
   */
  byte[] get() {
    table.need(CallContext.current().map(call -> call.calls().getFirst().namespace()).orElse(""));
    byte[] kept = read();
    return kept == null ? make() : kept;
  }

  private byte @Nullable [] read() {
    Map<String, AttributeValue> item =
        dynamo.read(
            Deadline.within(PATIENCE_MILLIS),
            client ->
                client
                    .getItem(ask -> ask.tableName(table.name()).key(KEY).consistentRead(true))
                    .item());
    return item.isEmpty() ? null : ItemAttributes.bytes(item, ItemAttributes.BODY);
  }

  private byte[] make() {
    byte[] made = new byte[BYTES];
    new SecureRandom().nextBytes(made);
    Map<String, AttributeValue> item = new HashMap<>(KEY);
    item.put(ItemAttributes.BODY, ItemAttributes.binary(made));
    try {
      dynamo.once(
          client ->
              client.putItem(
                  put ->
                      put.tableName(table.name())
                          .item(item)
                          .conditionExpression(
                              "attribute_not_exists(" + ItemAttributes.PARTITION + ")")));
      return made;
    } catch (SdkException e) {
      // Another process may have made it, or this one although the answer was lost.
      byte[] kept = read();
      if (kept == null) {
        throw Failure.of(e).ofRead();
      }
      return kept;
    }
  }
}
