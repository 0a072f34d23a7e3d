package dev.prism.plugin.dynamodb;

import dev.prism.status.PrismException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;

/** Changes that are made all or none. */
final class AllOrNone {
  /** As many changes as TransactWriteItems takes. */
  static final int MOST_CHANGES = 100;

  /** As much as it takes. */
  static final long MOST_BYTES = 4 << 20;

  private AllOrNone() {}

  /**
   * Why nothing was done.
   *
   * @param reasons what DynamoDB says of each change, in their order; none where it refused the
   *     request as a whole
   */
  record Refusal(Failure failure, List<CancellationReason> reasons) {
    /** Whether the conditions of the first changes are known to hold. */
    boolean holds(int first) {
      if (reasons.size() < first) {
        return false;
      }
      for (CancellationReason reason : reasons.subList(0, first)) {
        if (reason.code() != null && !reason.code().equals("None")) {
          return false;
        }
      }
      return true;
    }

    /** Whether the changes, or others after another look, may be made after a moment. */
    boolean mayPass() {
      return switch (failure) {
        case CONDITION, CONFLICT, THROTTLED -> true;
        case UNREACHABLE, DENIED, MISSING, INVALID, LOST -> false;
      };
    }
  }

  /**
   * Makes changes of the table of the values.
   *
   * @param reads until when to try
   * @return null where they were made; otherwise why they certainly were not
   * @throws PrismException OUTCOME_UNKNOWN
   */
  static @Nullable Failure make(ItemReads reads, List<Change> changes) {
    Refusal refusal = send(reads, changes);
    return refusal == null ? null : refusal.failure();
  }

  /** As {@link #make}, with what DynamoDB says of each change. */
  static @Nullable Refusal send(ItemReads reads, List<Change> changes) {
    return send(
        reads.dynamo(),
        reads.deadline(),
        changes.stream().map(each -> each.together(reads.table())).toList());
  }

  /**
   * Makes changes. Where an answer was lost the same request is sent again: by its token DynamoDB
   * knows for ten minutes what it has done.
   *
   * @return null where they were made; otherwise why they certainly were not
   * @throws PrismException OUTCOME_UNKNOWN
   */
  static @Nullable Refusal send(Dynamo dynamo, Deadline deadline, List<TransactWriteItem> changes) {
    TransactWriteItemsRequest request =
        TransactWriteItemsRequest.builder()
            .clientRequestToken(UUID.randomUUID().toString())
            .transactItems(changes)
            .build();
    boolean lost = false;
    for (int attempt = 0; ; attempt++) {
      Failure failure;
      try {
        dynamo.once(client -> client.transactWriteItems(request));
        return null;
      } catch (TransactionCanceledException e) {
        return new Refusal(cancelled(e), e.cancellationReasons());
      } catch (SdkException e) {
        failure = Failure.of(e);
      }
      lost |= failure == Failure.LOST;
      if (!lost) {
        return new Refusal(failure, List.of());
      }
      if (!deadline.pause(attempt)) {
        throw Failure.LOST.ofWrite();
      }
    }
  }

  private static Failure cancelled(TransactionCanceledException e) {
    Failure worst = Failure.CONDITION;
    for (CancellationReason reason : e.cancellationReasons()) {
      switch (reason.code() == null ? "" : reason.code()) {
        case "ThrottlingError", "ProvisionedThroughputExceeded" -> worst = Failure.THROTTLED;
        case "TransactionConflict" -> worst = Failure.CONFLICT;
        case "ValidationError", "ItemCollectionSizeLimitExceeded" -> {
          return Failure.INVALID;
        }
        default -> {} // another of the items, or its condition
      }
    }
    return worst;
  }
}
