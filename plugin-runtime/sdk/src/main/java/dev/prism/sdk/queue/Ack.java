package dev.prism.sdk.queue;

/** What became of one delivery (contract 10). */
public record Ack(Receipt receipt, Outcome outcome) {
  /** What became of it. */
  public sealed interface Outcome {
    /** Processed: it does not come back. */
    record Done() implements Outcome {}

    /** Not processed: it comes back after {@code delayMillis}, 0 to 12 h. */
    record Again(long delayMillis) implements Outcome {}

    /**
     * Not to be delivered any more: the message goes to {@code topic} as {@link DeadLetters} makes
     * it, and once that is durable the delivery is acknowledged. A failure between the two makes a
     * second letter, never none.
     *
     * @param reason goes into the letter's headers, see {@link DeadLetters}
     */
    record Dead(String topic, String reason) implements Outcome {}

    /** Still being processed: the deadline is {@code byMillis} from now, 1 s to 12 h. */
    record Extended(long byMillis) implements Outcome {}
  }
}
