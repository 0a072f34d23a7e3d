package dev.prism.plugin.postgres;

import dev.prism.plugin.postgres.Database.Purpose;
import dev.prism.sdk.Capability;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.KeyValueStore;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.ScanSink;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Values in a table. Every read and write goes to the server that the address names, so that all
 * consistency levels are strong by nature.
 *
 * <p>docs/postgres.md says what is promised.
 */
final class PostgresStore implements KeyValueStore {
  private static final int SWEEP_ROWS = 1000;
  private static final long REMEMBER_MILLIS = TimeUnit.HOURS.toMillis(25);

  private final InstantSource clock;
  private final Execution execution;
  private final Slot writing;
  private final Slot probe;
  private final Slot sweeping;
  private final Slots reading;
  private final Ticker upkeep;

  /** Opens what is needed when it is needed; the server may not be there yet. */
  PostgresStore(PostgresSettings settings, InstantSource clock) {
    Database database = new Database(settings);
    this.clock = clock;
    this.execution = new Execution(settings.connections(), false, true);
    this.writing = new Slot(database, Purpose.DURABLE);
    this.probe = new Slot(database, Purpose.PROBE);
    this.sweeping = new Slot(database, Purpose.RELAXED);
    this.reading =
        new Slots(database, Purpose.RELAXED, settings.connections(), settings.acquireMillis());
    this.upkeep = new Ticker("prism-items-upkeep", this::sweep);
    upkeep.start();
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(
        Capability.TTL,
        Capability.PRECONDITIONS,
        Capability.COMPARE_AND_SWAP,
        Capability.GLOBAL_SCAN,
        Capability.ATOMIC_BATCH,
        Capability.IDEMPOTENCY,
        Capability.DURABLE);
  }

  @Override
  public Set<Consistency.Level> consistencyLevels() {
    return EnumSet.allOf(Consistency.Level.class);
  }

  @Override
  public Execution execution() {
    return execution;
  }

  @Override
  public List<@Nullable Item> read(
      String namespace, Consistency consistency, List<Key> keys, long maxBytes) {
    long now = clock.millis();
    return reading.read(slot -> ItemReads.read(slot, namespace, keys, maxBytes, now));
  }

  @Override
  public List<UnitResult> write(String namespace, List<Unit> units) {
    long now = clock.millis();
    return writing.write(slot -> new ItemWrites(namespace, units, now).run(slot));
  }

  @Override
  public void scan(String namespace, Consistency consistency, Scan scan, ScanSink sink) {
    ItemReads.@Nullable Cursor cursor = ItemReads.Cursor.start(scan);
    long left = scan.limit();
    while (cursor != null) {
      ItemReads.Cursor from = cursor;
      long limit = left;
      long now = clock.millis();
      ItemReads.Page page =
          reading.read(slot -> ItemReads.page(slot, namespace, scan, from, limit, now));
      if (!page.entries().isEmpty() && !sink.accept(page.entries())) {
        return;
      }
      left -= page.entries().size();
      cursor = page.next();
    }
  }

  private void sweep() {
    long removed = SWEEP_ROWS;
    while (removed >= SWEEP_ROWS && !upkeep.isStopped()) {
      long now = clock.millis();
      removed =
          sweeping.read(
              slot -> {
                PreparedStatement sweep = slot.prepare("SELECT sweep_items(?, ?, ?)");
                sweep.setLong(1, now);
                sweep.setLong(2, now - REMEMBER_MILLIS);
                sweep.setInt(3, SWEEP_ROWS);
                try (ResultSet row = sweep.executeQuery()) {
                  row.next();
                  return row.getLong(1);
                }
              });
    }
  }

  @Override
  public void ping() {
    probe.read(slot -> slot.prepare("SELECT 1").execute());
  }

  @Override
  public void close() {
    upkeep.close();
    reading.close();
    writing.close();
    sweeping.close();
    probe.close();
  }
}
