package dev.prism.plugin.sqlite;

import java.util.List;

/** The tables of a queue's file; {@link QueueTables} says what is in them. */
final class QueueSchema {
  /** Application id PRSQ. */
  static final Schema SCHEMA =
      new Schema(
          0x50525351,
          List.of(
              List.of(
                  """
                  CREATE TABLE topic (
                    id INTEGER PRIMARY KEY,
                    namespace TEXT NOT NULL,
                    name TEXT NOT NULL,
                    next INTEGER NOT NULL,
                    published INTEGER NOT NULL,
                    UNIQUE (namespace, name)
                  ) STRICT
                  """,
                  """
                  CREATE TABLE message (
                    topic INTEGER NOT NULL,
                    offset INTEGER NOT NULL,
                    published INTEGER NOT NULL,
                    deliver_at INTEGER NOT NULL,
                    key BLOB,
                    headers BLOB,
                    payload BLOB NOT NULL,
                    PRIMARY KEY (topic, offset)
                  ) STRICT, WITHOUT ROWID
                  """,
                  """
                  CREATE TABLE consumers (
                    id INTEGER PRIMARY KEY,
                    topic INTEGER NOT NULL,
                    name TEXT NOT NULL,
                    position INTEGER NOT NULL,
                    UNIQUE (topic, name)
                  ) STRICT
                  """,
                  """
                  CREATE TABLE pending (
                    consumers INTEGER NOT NULL,
                    offset INTEGER NOT NULL,
                    due INTEGER NOT NULL,
                    owner INTEGER NOT NULL,
                    token INTEGER NOT NULL,
                    attempts INTEGER NOT NULL,
                    PRIMARY KEY (consumers, offset)
                  ) STRICT, WITHOUT ROWID
                  """,
                  "CREATE INDEX pending_due ON pending (consumers, due)",
                  Remembered.table(""),
                  Remembered.index(""),
                  """
                  CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL)
                    STRICT, WITHOUT ROWID
                  """,
                  "INSERT INTO meta VALUES ('fence', 0)")));

  private QueueSchema() {}
}
