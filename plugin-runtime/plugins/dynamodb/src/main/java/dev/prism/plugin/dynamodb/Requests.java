package dev.prism.plugin.dynamodb;

import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.rows.Table;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.time.Duration;
import java.util.function.Function;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;

/** Reads of tables that namespaces see, for as long as their callers wait. Any thread. */
final class Requests {
  /** How long a read is made again while DynamoDB throttles it. */
  private static final long PATIENCE_MILLIS = 2000;

  private static final long MOST_TIMEOUT_MILLIS = 10_000;

  private final Dynamo dynamo;
  private final TableCatalog catalog;

  Requests(Dynamo dynamo, TableCatalog catalog) {
    this.dynamo = dynamo;
    this.catalog = catalog;
  }

  /** A caller waits no longer. */
  static final class PatienceOverException extends RuntimeException {
    private static final long serialVersionUID = 1;

    PatienceOverException() {
      super("the caller waits no longer", null, false, false);
    }

    /** What a caller is told who gets no part of an answer. */
    static PrismException late() {
      return PrismException.of(
          Reason.DEADLINE_EXCEEDED, "the deadline came before DynamoDB had answered");
    }
  }

  /** A request's answer and how long it may take, which the request is to be given. */
  @FunctionalInterface
  interface Timed<T> {
    T ask(DynamoDbClient client, AwsRequestOverrideConfiguration timeout);
  }

  /**
   * Asks about a table.
   *
   * @throws PatienceOverException where the answer comes too late
   * @throws PrismException COLLECTION_NOT_FOUND where the table is gone, OVERLOADED,
   *     BACKEND_UNAVAILABLE
   */
  <T> T ask(Table table, Patience patience, Timed<T> request) {
    Function<DynamoDbClient, T> once =
        client -> {
          if (patience.isOver()) {
            throw new PatienceOverException();
          }
          try {
            return request.ask(client, timeout(patience));
          } catch (ResourceNotFoundException e) {
            catalog.forget(table);
            throw PrismException.of(
                Reason.COLLECTION_NOT_FOUND,
                "the namespace has no collection '" + table.name() + "' any more");
          } catch (DynamoDbException e) {
            if (Failure.of(e) == Failure.INVALID) {
              catalog.forget(table); // it may have another key since
            }
            throw e;
          }
        };
    try {
      return dynamo.read(Deadline.within(PATIENCE_MILLIS), once);
    } catch (PrismException e) {
      if (patience.isOver()) {
        throw new PatienceOverException();
      }
      throw e;
    }
  }

  /** A part of the time that is left: what was found so far is still to reach the caller. */
  private static AwsRequestOverrideConfiguration timeout(Patience patience) {
    long millis = Math.clamp(patience.leftMillis() * 3 / 4, 1, MOST_TIMEOUT_MILLIS);
    return AwsRequestOverrideConfiguration.builder()
        .apiCallTimeout(Duration.ofMillis(millis))
        .build();
  }

  /** An item is not as the table was described: it has been made anew. */
  PrismException changed(Table table) {
    catalog.forget(table);
    return PrismException.of(
        Reason.BACKEND_UNAVAILABLE, "the table was changed meanwhile; try again");
  }
}
