package dev.prism.plugin.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.plugin.dynamodb.Interposed.Fault;
import dev.prism.sdk.rows.Values;
import dev.prism.sdk.transact.Inbox;
import dev.prism.sdk.transact.Once;
import dev.prism.sdk.transact.Transaction;
import dev.prism.sdk.transact.WriteOutcome;
import dev.prism.sdk.transact.WriteUnit;
import dev.prism.status.Reason;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What callers are told where answers of DynamoDB are lost, or say that nothing was done. */
@Tag("conformance")
class TransactFaultsTest extends TransactorFixture {
  private static final Fault LOST = new Fault.LostAnswer();
  private static final Fault BROKEN = new Fault.Error(500, "InternalServerError");
  private static final Pattern TOKEN = Pattern.compile("\"ClientRequestToken\":\"([^\"]+)\"");

  private List<String> tokens() {
    return between.requests(SEND).stream()
        .map(
            request -> {
              Matcher token = TOKEN.matcher(request.body());
              assertThat(token.find()).isTrue();
              return token.group(1);
            })
        .toList();
  }

  // ---- answers that are lost ----

  @Test
  void aWriteWhoseAnswerWasLostIsSentAgainWithItsToken() {
    between.next(SEND, LOST);

    WriteOutcome outcome = write(insert("lost", Values.of(1)));

    assertThat(outcome).isEqualTo(new WriteOutcome.Committed(List.of(1)));
    assertThat(tokens()).hasSize(2).containsOnly(tokens().getFirst());
    assertThat(row("lost")).isNotNull();
  }

  @Test
  void aWriteOfWhichNothingIsHeardIsUnknown() {
    between.next(SEND, LOST);
    between.next(SEND, times(50, BROKEN));

    assertFails(
        Reason.OUTCOME_UNKNOWN,
        () ->
            transactor.write("n", unit(null, null, insert("unheard", Values.of(1))), millis(700)));
  }

  @Test
  void whatItLeftTellsThatAWriteWithAKeyWasDone() {
    between.next(SEND, LOST);
    between.next(SEND, times(50, BROKEN));
    Once once = once();
    WriteUnit unit = unit(null, once, insert("found out", Values.of(1)));

    WriteOutcome outcome = transactor.write("n", unit, millis(700));

    assertThat(outcome).isEqualTo(new WriteOutcome.Committed(List.of(1)));
    assertThat(row("found out")).isNotNull();
  }

  @Test
  void whatItLeftTellsThatAProcessedMessageWasAndAnotherIsNot() {
    between.next(SEND, LOST);
    between.next(SEND, times(50, BROKEN));
    Inbox inbox = new Inbox("billing", UUID.randomUUID().toString());

    WriteOutcome outcome =
        transactor.write("n", unit(inbox, null, insert("processed", Values.of(1))), millis(700));

    assertThat(outcome).isEqualTo(new WriteOutcome.Committed(List.of(1)));
  }

  @Test
  void aWriteWithAKeyThatLeftNothingIsUnknown() {
    between.next(SEND, times(50, BROKEN));

    assertFails(
        Reason.OUTCOME_UNKNOWN,
        () ->
            transactor.write(
                "n", unit(null, once(), insert("not done", Values.of(1))), millis(700)));

    assertThat(row("not done")).isNull();
  }

  @Test
  void whatItLeftTellsThatATransactionStepByStepWasDone() {
    Transaction transaction = begin(once());
    transaction.write(insert("stepwise", Values.of(1)));
    between.next(SEND, LOST);
    between.next(SEND, times(50, BROKEN));

    transaction.commit();

    assertThat(row("stepwise")).isNotNull();
  }

  // ---- what DynamoDB says of each item ----

  @Test
  void whatAnotherTransactionHoldsForAMomentIsTriedAgain() {
    between.next(SEND, new Fault.Cancelled("TransactionConflict", "busy"));
    Transaction transaction = begin(null);
    transaction.write(insert("stepwise after a moment", Values.of(1)));

    write(insert("after a moment", Values.of(1)));
    between.next(SEND, new Fault.Cancelled("TransactionConflict", "busy"));
    transaction.commit();

    assertThat(row("after a moment")).isNotNull();
    assertThat(row("stepwise after a moment")).isNotNull();
  }

  @ParameterizedTest
  @CsvSource({
    "TransactionConflict, busy, TRANSACTION_CONFLICT",
    "ThrottlingError, slow, OVERLOADED",
    "ProvisionedThroughputExceeded, slow, OVERLOADED",
    "ItemCollectionSizeLimitExceeded, full, BACKEND_FULL",
    "ValidationError, Item size to update has exceeded the maximum allowed size, VALUE_TOO_LARGE",
    "ValidationError, Type mismatch for Index Key, CONSTRAINT_VIOLATED"
  })
  void aReasonOfOneItemIsTheCallers(String code, String message, Reason reason) {
    between.next(SEND, times(100, new Fault.Cancelled("None", "", code, message)));

    assertFails(
        reason,
        () ->
            transactor.write(
                "n",
                unit(null, null, insert("one", Values.of(1)), insert("two", Values.of(1))),
                millis(700)));
  }
}
