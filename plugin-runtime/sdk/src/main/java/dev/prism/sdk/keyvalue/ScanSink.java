package dev.prism.sdk.keyvalue;

import java.util.List;

/** Where a scan's items go. */
@FunctionalInterface
public interface ScanSink {
  /**
   * Takes the next items, in order; blocks while the client has not taken earlier ones.
   *
   * @param entries at most 1000 and about 256 KiB, or one larger item; none at all asks whether the
   *     client is still there and lets reads go first that wait for the store, of which a scan that
   *     works for long between its pages keeps a place
   * @return false when the client has gone: the scan is to stop
   */
  boolean accept(List<Entry> entries);

  /** One item and its key. */
  record Entry(Key key, Item item) {}
}
