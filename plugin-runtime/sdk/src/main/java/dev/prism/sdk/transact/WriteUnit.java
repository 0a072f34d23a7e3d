package dev.prism.sdk.transact;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One caller's transaction: all of it, or nothing.
 *
 * @param writes done in this order
 * @param messages put in their mailboxes, in this order; at least one of either is given. None
 *     where {@code MAILBOX} is not declared
 * @param isolation null: the backend's default
 * @param inbox only where {@code INBOX} is declared
 * @param once only where {@code IDEMPOTENCY} is declared
 * @param encode the response's bytes, of the rows that each write changed: what is remembered
 */
public record WriteUnit(
    List<TableWrite> writes,
    List<Outgoing> messages,
    @Nullable Isolation isolation,
    @Nullable Inbox inbox,
    @Nullable Once once,
    Function<List<Integer>, byte[]> encode) {}
