package dev.prism.sdk.transact;

import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Query;
import java.util.List;

/**
 * A transaction that is done step by step. One thread at a time; after a step that has thrown it is
 * closed and nothing else. Steps end with DEADLINE_EXCEEDED when the patience ends that it began
 * with.
 */
public interface Transaction extends AutoCloseable {
  /** Writes a row; how many it changed, 0 or 1. */
  int write(TableWrite write);

  /**
   * Puts messages in their mailboxes, in this order.
   *
   * @param messages none where {@code MAILBOX} is not declared
   */
  void put(List<Outgoing> messages);

  /**
   * Reads rows, those that this transaction has written among them; without {@code ANY_SELECT} it
   * refuses with CAPABILITY_UNSUPPORTED what it cannot.
   *
   * @param lock whether others are to be kept from changing the rows until it ends; only where
   *     {@code ROW_LOCKS} is declared
   */
  Chunk select(Query query, PageSize size, boolean lock);

  /**
   * Makes everything last; returns when it is as durable as the backend declares. Not interrupted
   * once the commit was sent.
   */
  void commit();

  /** Undoes everything that was not committed, at once. May be called again; must not throw. */
  @Override
  void close();
}
