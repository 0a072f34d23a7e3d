package dev.prism.sdk.transact;

import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What became of deliveries, as one caller says. A receipt's topic is the mailbox; of {@link
 * Ack.Outcome.Dead} the topic means nothing, the message stays in its mailbox with the reason.
 *
 * @param once only where {@code IDEMPOTENCY} is declared
 * @param encode the response's bytes: what is remembered
 */
public record Settlement(
    List<Ack> acks, @Nullable Once once, Function<List<AckResult>, byte[]> encode) {}
