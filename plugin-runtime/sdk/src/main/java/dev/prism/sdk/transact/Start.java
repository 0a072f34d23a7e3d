package dev.prism.sdk.transact;

import org.jspecify.annotations.Nullable;

/**
 * How a transaction begins that is done step by step.
 *
 * @param isolation null: the backend's default
 * @param inbox only where {@code INBOX} is declared
 * @param once only where {@code IDEMPOTENCY} is declared
 * @param timeoutMillis how long it may last; the patience that it begins with ends no later
 */
public record Start(
    @Nullable Isolation isolation,
    @Nullable Inbox inbox,
    @Nullable Once once,
    long timeoutMillis) {}
