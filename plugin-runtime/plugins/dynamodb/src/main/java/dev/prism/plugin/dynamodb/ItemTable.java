package dev.prism.plugin.dynamodb;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TableStatus;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveStatus;

/**
 * The table that holds the values, looked at before the first call and made where it is missing and
 * may be. Any thread.
 */
final class ItemTable {
  private static final Logger LOG = LoggerFactory.getLogger(ItemTable.class);

  /** DynamoDB takes some seconds to make a table. */
  private static final long WAIT_MILLIS = 20_000;

  private final Dynamo dynamo;
  private final DynamoSettings settings;
  private final ReentrantLock looking = new ReentrantLock();
  private volatile boolean ready;

  ItemTable(Dynamo dynamo, DynamoSettings settings) {
    this.dynamo = dynamo;
    this.settings = settings;
  }

  String name() {
    return settings.table();
  }

  /**
   * That the table can be used, for a call of a namespace; waits while it is made.
   *
   * @throws PrismException NOT_PROVISIONED where it is not there and the namespace does not let it
   *     be made, BACKEND_UNAVAILABLE, INTERNAL where it is somebody else's table
   */
  void need(String namespace) {
    if (ready) {
      return;
    }
    Deadline deadline = Deadline.within(WAIT_MILLIS);
    try {
      if (!looking.tryLock(Math.max(0, deadline.leftMillis()), TimeUnit.MILLISECONDS)) {
        throw notYet();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw PrismException.of(Reason.SHUTTING_DOWN, "the plugin is shutting down");
    }
    try {
      if (!ready) {
        look(namespace, deadline);
        ready = true;
      }
    } finally {
      looking.unlock();
    }
  }

  /** A call did not find it: it is looked at again before the next one. */
  void missing() {
    ready = false;
  }

  private void look(String namespace, Deadline deadline) {
    boolean made = false;
    for (int attempt = 0; ; attempt++) {
      Optional<TableDescription> table = describe(deadline);
      if (table.isEmpty()) {
        make(namespace);
        made = true;
      } else if (table.get().tableStatus() != TableStatus.CREATING) {
        check(table.get());
        expire(namespace, made, deadline);
        return;
      }
      if (!deadline.pause(attempt)) {
        throw notYet();
      }
    }
  }

  private static PrismException notYet() {
    return PrismException.retryAfter(
        Reason.BACKEND_UNAVAILABLE, "the table is being made: nothing was changed", 1000);
  }

  private Optional<TableDescription> describe(Deadline deadline) {
    return dynamo.read(
        deadline,
        client -> {
          try {
            return Optional.of(client.describeTable(ask -> ask.tableName(name())).table());
          } catch (ResourceNotFoundException e) {
            return Optional.empty();
          }
        });
  }

  private void make(String namespace) {
    if (!settings.mayCreate().test(namespace)) {
      throw PrismException.of(
          Reason.NOT_PROVISIONED,
          "there is no table '" + name() + "', and the namespace has it provisioned");
    }
    try {
      dynamo.once(
          client ->
              client.createTable(
                  make ->
                      make.tableName(name())
                          .billingMode(BillingMode.PAY_PER_REQUEST)
                          .attributeDefinitions(
                              binary(ItemAttributes.PARTITION), binary(ItemAttributes.KEY))
                          .keySchema(
                              part(ItemAttributes.PARTITION, KeyType.HASH),
                              part(ItemAttributes.KEY, KeyType.RANGE))));
      LOG.info("table {} is being made", name());
    } catch (ResourceInUseException e) {
      LOG.debug("another process makes the table");
    } catch (SdkException e) {
      throw Failure.of(e).ofRead();
    }
  }

  static AttributeDefinition binary(String name) {
    return AttributeDefinition.builder()
        .attributeName(name)
        .attributeType(ScalarAttributeType.B)
        .build();
  }

  static KeySchemaElement part(String name, KeyType type) {
    return KeySchemaElement.builder().attributeName(name).keyType(type).build();
  }

  /** Whether a table has the key that a table of values has. */
  static boolean hasKeyOf(TableDescription table) {
    return table
            .keySchema()
            .equals(
                List.of(
                    part(ItemAttributes.PARTITION, KeyType.HASH),
                    part(ItemAttributes.KEY, KeyType.RANGE)))
        && table
            .attributeDefinitions()
            .containsAll(List.of(binary(ItemAttributes.PARTITION), binary(ItemAttributes.KEY)));
  }

  private void check(TableDescription table) {
    if (!hasKeyOf(table)) {
      LOG.error(
          "table {} has another key than {} and {}, both binary: DYNAMODB_TABLE names a table of"
              + " something else",
          name(),
          ItemAttributes.PARTITION,
          ItemAttributes.KEY);
      throw PrismException.of(
          Reason.INTERNAL, "the table of the values has another key: the plugin's log says more");
    }
  }

  /** Has DynamoDB remove what has expired, where it does not yet. */
  private void expire(String namespace, boolean made, Deadline deadline) {
    try {
      TimeToLiveStatus status =
          made
              ? TimeToLiveStatus.DISABLED
              : dynamo.read(
                  deadline,
                  client ->
                      client
                          .describeTimeToLive(ask -> ask.tableName(name()))
                          .timeToLiveDescription()
                          .timeToLiveStatus());
      if (status == TimeToLiveStatus.DISABLED && settings.mayCreate().test(namespace)) {
        dynamo.once(
            client ->
                client.updateTimeToLive(
                    change ->
                        change
                            .tableName(name())
                            .timeToLiveSpecification(
                                ttl -> ttl.enabled(true).attributeName(ItemAttributes.ENDS))));
      } else if (status == TimeToLiveStatus.DISABLED) {
        LOG.warn("table {} has no time to live: what has expired is hidden and stays", name());
      }
    } catch (PrismException | SdkException e) {
      // Another process may have been quicker; and the values can be served without.
      LOG.warn("the time to live of table {} is not known to be on", name(), e);
    }
  }
}
