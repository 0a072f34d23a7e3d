package dev.prism.plugin.dynamodb;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;

/** What callers of Transact are told of what was not done. */
final class Refusals {
  private Refusals() {}

  static PrismException keyExists() {
    return PrismException.of(
        Reason.KEY_EXISTS, "there is a row with this primary key: nothing was changed");
  }

  static PrismException keyAbsent() {
    return PrismException.of(
        Reason.KEY_ABSENT, "there is no row with this key: nothing was changed");
  }

  static PrismException expectationFailed() {
    return PrismException.of(
        Reason.EXPECTATION_FAILED, "the row is not as expected, or not there: nothing was changed");
  }

  static PrismException conflict() {
    return PrismException.of(
        Reason.TRANSACTION_CONFLICT,
        "another transaction got in the way: nothing was changed; send it again");
  }

  static PrismException over() {
    return PrismException.of(
        Reason.DEADLINE_EXCEEDED, "the transaction's time was up: nothing was changed");
  }

  /** A value that DynamoDB has no attribute for, or a key's that it does not take. */
  static PrismException doesNotFit(String column) {
    return PrismException.of(
        Reason.FIELD_INVALID,
        "DynamoDB does not take the value of the column " + column + "; see docs/dynamodb.md");
  }

  static PrismException constraintViolated() {
    return PrismException.of(
        Reason.CONSTRAINT_VIOLATED, "the table's rules forbid the write: nothing was changed");
  }

  /**
   * @param most how many rows there may be
   */
  static PrismException tooManyRows(int most) {
    return PrismException.of(
        Reason.BATCH_SIZE_INVALID,
        "on DynamoDB a transaction reads and writes at most %d rows here: nothing was changed"
            .formatted(most));
  }

  /** Messages count as well. */
  static PrismException tooManyItems() {
    return PrismException.of(
        Reason.BATCH_SIZE_INVALID,
        "on DynamoDB a transaction has at most %d items: a row is one, a message two, one more for"
                .formatted(AllOrNone.MOST_CHANGES)
            + " each 352 KiB of its payload, and each key of a mailbox two: nothing was changed");
  }

  static PrismException tooManyAcks() {
    return PrismException.of(
        Reason.BATCH_SIZE_INVALID,
        "on DynamoDB acknowledgements with an idempotency key have at most %d items, some five"
                .formatted(AllOrNone.MOST_CHANGES)
            + " each: nothing was changed; send fewer, or none with a key");
  }

  static PrismException messageExists() {
    return PrismException.of(
        Reason.KEY_EXISTS, "a mailbox has a message with this id: nothing was changed");
  }

  static PrismException tooManyColumns(int most) {
    return PrismException.of(
        Reason.MESSAGE_TOO_LARGE,
        "on DynamoDB a transaction reads, and changes, at most %d columns of one row"
            .formatted(most));
  }

  static PrismException tooLarge() {
    return PrismException.of(
        Reason.MESSAGE_TOO_LARGE,
        "on DynamoDB what a transaction reads and writes has at most %d bytes: nothing was changed"
            .formatted(AllOrNone.MOST_BYTES));
  }

  static PrismException rowTooLarge() {
    return PrismException.of(
        Reason.VALUE_TOO_LARGE, "on DynamoDB a row has at most 400 KiB: nothing was changed");
  }

  static PrismException selectsTooFreely() {
    return PrismException.of(
        Reason.CAPABILITY_UNSUPPORTED,
        "on DynamoDB a select within a transaction names its columns, and the primary keys of at"
            + " most 100 rows; see docs/capabilities.md",
        Map.of("capability", "ANY_SELECT"));
  }

  /** What is answered to a refusal that another attempt would get, too. */
  static PrismException of(AllOrNone.Refusal refusal) {
    if (refusal.failure() == Failure.CONDITION) {
      return conflict();
    }
    if (refusal.failure() != Failure.INVALID) {
      return refusal.failure().ofWrite();
    }
    return of(refusal.reasons());
  }

  /** Of what breaks a rule of a table, such as the type that an index needs of a column. */
  private static PrismException of(List<CancellationReason> reasons) {
    for (CancellationReason reason : reasons) {
      @Nullable String code = reason.code();
      if ("ItemCollectionSizeLimitExceeded".equals(code)) {
        return PrismException.of(
            Reason.BACKEND_FULL, "a partition has reached DynamoDB's bound: nothing was changed");
      }
      if ("ValidationError".equals(code)
          && reason.message() != null
          && reason.message().startsWith("Item size")) {
        return rowTooLarge();
      }
    }
    return constraintViolated();
  }
}
