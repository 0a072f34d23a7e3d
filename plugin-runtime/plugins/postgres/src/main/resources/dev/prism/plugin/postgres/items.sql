-- KeyValue: docs/postgres.md. Keys are bytes: text holds no U+0000, and bytes sort as keys do.

CREATE SEQUENCE etag;

-- partition is empty where it is the key itself; about has content type and metadata, NULL where there are none.
CREATE TABLE item (
  namespace text COLLATE "C" NOT NULL,
  collection text COLLATE "C" NOT NULL,
  key bytea NOT NULL,
  partition bytea NOT NULL,
  etag bigint NOT NULL,
  expires_at bigint,
  about bytea,
  value bytea NOT NULL,
  PRIMARY KEY (namespace, collection, key, partition)
) WITH (fillfactor = 80);
ALTER TABLE item ALTER COLUMN value SET STORAGE EXTERNAL;
CREATE INDEX item_partition ON item (namespace, collection, partition, key) WHERE partition <> ''::bytea;
CREATE INDEX item_expiry ON item (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE idempotency (
  namespace text COLLATE "C" NOT NULL,
  scope text COLLATE "C" NOT NULL,
  key bytea NOT NULL,
  at bigint NOT NULL,
  fingerprint bytea NOT NULL,
  response bytea NOT NULL,
  PRIMARY KEY (namespace, scope, key)
);
CREATE INDEX idempotency_at ON idempotency (at);

-- What became of a write. outcome: 0 done, 1 there was nothing, 2 another etag, 3 it is there, 4 it is not there, 5 not swapped, and
-- what was found.
CREATE TYPE written AS (outcome int, etag bigint, expires_at bigint, about bytea, value bytea);

-- One write. p_kind: 0 put, 1 delete, 2 swap, 3 expire; p_condition: 0 none, 1 the etag, 2 absent, 3 present; p_expiry: NULL never, -1
-- as it was.
CREATE FUNCTION write_item(
  p_namespace text, p_now bigint, p_kind int, p_collection text, p_key bytea, p_partition bytea, p_value bytea, p_about bytea,
  p_expiry bigint, p_condition int, p_etag bigint, p_expected bytea)
RETURNS written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l_item item;
  l_row boolean;
  l_there boolean;
  l_etag bigint;
  l_expires bigint;
BEGIN
  LOOP
    SELECT * INTO l_item FROM item i
      WHERE i.namespace = p_namespace AND i.collection = p_collection AND i.key = p_key AND i.partition = p_partition FOR UPDATE;
    l_row := FOUND;
    l_there := l_row AND (l_item.expires_at IS NULL OR l_item.expires_at > p_now);
    IF p_condition = 1 AND NOT (l_there AND l_item.etag = p_etag) THEN
      RETURN (2, NULL, NULL, NULL, NULL)::written;
    ELSIF p_condition = 2 AND l_there THEN
      RETURN (3, NULL, NULL, NULL, NULL)::written;
    ELSIF p_condition = 3 AND NOT l_there THEN
      RETURN (4, NULL, NULL, NULL, NULL)::written;
    END IF;
    IF p_kind = 1 THEN
      IF l_row THEN
        DELETE FROM item i
          WHERE i.namespace = p_namespace AND i.collection = p_collection AND i.key = p_key AND i.partition = p_partition;
      END IF;
      RETURN (CASE WHEN l_there THEN 0 ELSE 1 END, NULL, NULL, NULL, NULL)::written;
    ELSIF p_kind = 3 THEN
      IF NOT l_there THEN
        RETURN (1, NULL, NULL, NULL, NULL)::written;
      END IF;
      UPDATE item i SET expires_at = p_expiry
        WHERE i.namespace = p_namespace AND i.collection = p_collection AND i.key = p_key AND i.partition = p_partition;
      RETURN (0, NULL, p_expiry, NULL, NULL)::written;
    ELSIF p_kind = 2 AND (l_there <> (p_expected IS NOT NULL) OR (l_there AND l_item.value <> p_expected)) THEN
      IF l_there THEN
        RETURN (5, l_item.etag, l_item.expires_at, l_item.about, l_item.value)::written;
      END IF;
      RETURN (5, NULL, NULL, NULL, NULL)::written;
    END IF;
    l_etag := nextval('etag');
    l_expires := p_expiry;
    IF p_expiry = -1 THEN
      l_expires := CASE WHEN l_there THEN l_item.expires_at END;
    END IF;
    IF l_row THEN
      UPDATE item i SET etag = l_etag, expires_at = l_expires, about = p_about, value = p_value
        WHERE i.namespace = p_namespace AND i.collection = p_collection AND i.key = p_key AND i.partition = p_partition;
      RETURN (0, l_etag, l_expires, NULL, NULL)::written;
    END IF;
    INSERT INTO item VALUES (p_namespace, p_collection, p_key, p_partition, l_etag, l_expires, p_about, p_value)
      ON CONFLICT DO NOTHING;
    IF FOUND THEN
      RETURN (0, l_etag, l_expires, NULL, NULL)::written;
    END IF; -- another process was quicker: look again
  END LOOP;
END $$;

-- Writes of units, one after the other; p_units has each write's unit. Of a unit that is atomic and has a write with an outcome from 2
-- to 4 nothing stays: its writes have that outcome from there on, and those before have 6.
CREATE FUNCTION write_items(
  p_namespace text, p_now bigint, p_units int[], p_atomic boolean[], p_kinds int[], p_collections text[], p_keys bytea[],
  p_partitions bytea[], p_values bytea[], p_abouts bytea[], p_expiries bigint[], p_conditions int[], p_etags bigint[],
  p_expected bytea[])
RETURNS SETOF written LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l_first int := 1;
  l_last int;
  l_done written[];
  l_one written;
BEGIN
  WHILE l_first <= cardinality(p_units) LOOP
    l_last := l_first;
    WHILE l_last < cardinality(p_units) AND p_units[l_last + 1] = p_units[l_first] LOOP
      l_last := l_last + 1;
    END LOOP;
    IF p_atomic[l_first] AND l_last > l_first THEN
      l_done := '{}';
      BEGIN
        FOR i IN l_first .. l_last LOOP
          l_one := write_item(
            p_namespace, p_now, p_kinds[i], p_collections[i], p_keys[i], p_partitions[i], p_values[i], p_abouts[i], p_expiries[i],
            p_conditions[i], p_etags[i], p_expected[i]);
          l_done := l_done || l_one;
          IF l_one.outcome BETWEEN 2 AND 4 THEN
            RAISE EXCEPTION USING ERRCODE = 'PR001';
          END IF;
        END LOOP;
        RETURN QUERY SELECT * FROM unnest(l_done);
      EXCEPTION WHEN SQLSTATE 'PR001' THEN
        FOR i IN l_first .. l_last LOOP
          IF i - l_first + 1 < cardinality(l_done) THEN
            RETURN NEXT (6, NULL, NULL, NULL, NULL)::written;
          ELSE
            RETURN NEXT l_one;
          END IF;
        END LOOP;
      END;
    ELSE
      FOR i IN l_first .. l_last LOOP
        RETURN NEXT write_item(
          p_namespace, p_now, p_kinds[i], p_collections[i], p_keys[i], p_partitions[i], p_values[i], p_abouts[i], p_expiries[i],
          p_conditions[i], p_etags[i], p_expected[i]);
      END LOOP;
    END IF;
    l_first := l_last + 1;
  END LOOP;
END $$;

-- Removes some of what has expired, and of what is remembered no longer; how many rows.
CREATE FUNCTION sweep_items(p_now bigint, p_before bigint, p_most int) RETURNS bigint LANGUAGE sql VOLATILE AS $$
  WITH gone AS (
    DELETE FROM item WHERE (namespace, collection, key, partition) IN (
      SELECT namespace, collection, key, partition FROM item WHERE expires_at <= p_now
      ORDER BY expires_at LIMIT p_most FOR UPDATE SKIP LOCKED)
    RETURNING 1),
  forgotten AS (
    DELETE FROM idempotency WHERE (namespace, scope, key) IN (
      SELECT namespace, scope, key FROM idempotency WHERE at < p_before ORDER BY at LIMIT p_most)
    RETURNING 1)
  SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM forgotten);
$$;
