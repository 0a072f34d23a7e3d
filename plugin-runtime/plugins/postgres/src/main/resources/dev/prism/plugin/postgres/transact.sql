-- Transact: docs/postgres.md. Times are milliseconds since 1970, by this server's clock. What is called within a caller's transaction
-- finds its tables whatever that transaction's search_path is.

CREATE SEQUENCE mailbox_place;

-- key is NULL where there is no order; token is 0 where nobody has the message; due is when it may be delivered or comes back, and the
-- largest number while it waits for an earlier one of its key. One that is dead has the reason, and is delivered to nobody.
CREATE TABLE mailbox_message (
  seq bigint PRIMARY KEY,
  namespace text COLLATE "C" NOT NULL,
  mailbox text COLLATE "C" NOT NULL,
  id bytea NOT NULL,
  key bytea,
  written bigint NOT NULL,
  due bigint NOT NULL,
  owner bigint NOT NULL DEFAULT 0,
  token bigint NOT NULL DEFAULT 0,
  attempts int NOT NULL DEFAULT 0,
  size int NOT NULL,
  dead text,
  headers bytea,
  payload bytea NOT NULL
) WITH (fillfactor = 70);
ALTER TABLE mailbox_message ALTER COLUMN payload SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX mailbox_message_id ON mailbox_message (namespace, mailbox, id);
CREATE INDEX mailbox_message_due ON mailbox_message (namespace, mailbox, due, seq) WHERE dead IS NULL;
CREATE INDEX mailbox_message_key ON mailbox_message (namespace, mailbox, key, seq) WHERE dead IS NULL AND key IS NOT NULL;
CREATE INDEX mailbox_message_owner ON mailbox_message (owner) WHERE owner <> 0;

-- The messages that transactions have processed, by who did.
CREATE TABLE inbox (
  namespace text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  id bytea NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (namespace, name, id)
);
CREATE INDEX inbox_at ON inbox (at);

-- Whether a message is processed for the first time. Waits for another transaction that processes it.
CREATE FUNCTION process_once(p_namespace text, p_name text, p_id bytea) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO inbox VALUES (p_namespace, p_name, p_id, now_ms()) ON CONFLICT DO NOTHING;
  RETURN FOUND;
END $$;

-- Takes an idempotency key for this transaction, or gives what is remembered under it. Waits for another transaction that has it.
CREATE FUNCTION take_key(p_namespace text, p_scope text, p_key bytea, p_print bytea, OUT fingerprint bytea, OUT response bytea)
LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $$
BEGIN
  LOOP
    INSERT INTO idempotency VALUES (p_namespace, p_scope, p_key, now_ms(), p_print, ''::bytea) ON CONFLICT DO NOTHING;
    EXIT WHEN FOUND;
    SELECT i.fingerprint, i.response INTO fingerprint, response FROM idempotency i
      WHERE i.namespace = p_namespace AND i.scope = p_scope AND i.key = p_key;
    EXIT WHEN FOUND; -- it may just have been forgotten
  END LOOP;
END $$;

-- What is answered where the key comes again.
CREATE FUNCTION remember_response(p_namespace text, p_scope text, p_key bytea, p_response bytea) RETURNS void LANGUAGE sql VOLATILE
SET search_path FROM CURRENT AS $$
  UPDATE idempotency SET response = p_response WHERE namespace = p_namespace AND scope = p_scope AND key = p_key;
$$;

-- Puts messages in their mailboxes; how many, which is fewer where one has an id that is there. The locks, one a key of a mailbox and
-- sorted, are held until the commit and taken before the places: those of a key grow in the order of the commits.
CREATE FUNCTION put_messages(
  p_namespace text, p_locks bigint[], p_mailboxes text[], p_ids bytea[], p_keys bytea[], p_due bigint[], p_sizes int[],
  p_headers bytea[], p_payloads bytea[]) RETURNS int LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $$
DECLARE
  l_now bigint;
  l_count int;
BEGIN
  FOR i IN 1 .. cardinality(p_locks) LOOP
    PERFORM pg_advisory_xact_lock(p_locks[i]);
  END LOOP;
  l_now := now_ms();
  INSERT INTO mailbox_message (seq, namespace, mailbox, id, key, written, due, size, headers, payload)
    SELECT nextval('mailbox_place'), p_namespace, u.mailbox, u.id, u.key, l_now, greatest(l_now, u.due), u.size, u.headers, u.payload
    FROM (
      SELECT * FROM unnest(p_mailboxes, p_ids, p_keys, p_due, p_sizes, p_headers, p_payloads)
        WITH ORDINALITY AS m(mailbox, id, key, due, size, headers, payload, n) ORDER BY n) u
    ON CONFLICT (namespace, mailbox, id) DO NOTHING;
  GET DIAGNOSTICS l_count = ROW_COUNT;
  RETURN l_count;
END $$;

-- Takes messages that are due for a reader. Waits for nobody: rows that others have are skipped. Of a key only the first is taken; one
-- behind it is put aside once, with a lock on an earlier one, so that whoever removes that comes after, and makes it due again.
-- Earlier ones are asked for in the order of the index by key, and of no other: a plan by seq would go over all that there is.
-- The last row has no seq, and says when it is, when the next message is due, and whether to look again at once.
CREATE FUNCTION claim_messages(p_namespace text, p_mailbox text, p_owner bigint, p_most int, p_bytes bigint, p_timeout bigint)
RETURNS TABLE (
  seq bigint, token bigint, attempts int, id bytea, key bytea, written bigint, headers bytea, payload bytea, now_at bigint,
  next_due bigint, busy boolean)
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
  l_row record;
  l_taken int := 0;
  l_looks int := 0;
  l_bytes bigint := 0;
  l_now bigint := now_ms();
  l_due bigint;
BEGIN
  FOR l_row IN
    SELECT m.seq, m.key, m.size FROM mailbox_message m
    WHERE m.namespace = p_namespace AND m.mailbox = p_mailbox AND m.dead IS NULL AND m.due <= l_now
    ORDER BY m.due, m.seq FOR UPDATE SKIP LOCKED
  LOOP
    EXIT WHEN l_taken >= p_most OR l_looks >= p_most + 1000 OR (l_taken > 0 AND l_bytes + l_row.size > p_bytes);
    l_looks := l_looks + 1;
    IF l_row.key IS NOT NULL THEN
      PERFORM FROM mailbox_message e
        WHERE (e.namespace, e.mailbox, e.key, e.seq) >= (p_namespace, p_mailbox, l_row.key, 0)
          AND (e.namespace, e.mailbox, e.key, e.seq) < (p_namespace, p_mailbox, l_row.key, l_row.seq)
          AND e.dead IS NULL AND e.key IS NOT NULL
        ORDER BY e.namespace, e.mailbox, e.key, e.seq LIMIT 1 FOR SHARE SKIP LOCKED;
      IF FOUND THEN
        UPDATE mailbox_message m SET due = 9223372036854775807 WHERE m.seq = l_row.seq;
        CONTINUE;
      END IF;
      PERFORM FROM mailbox_message e
        WHERE (e.namespace, e.mailbox, e.key, e.seq) >= (p_namespace, p_mailbox, l_row.key, 0)
          AND (e.namespace, e.mailbox, e.key, e.seq) < (p_namespace, p_mailbox, l_row.key, l_row.seq)
          AND e.dead IS NULL AND e.key IS NOT NULL
        ORDER BY e.namespace, e.mailbox, e.key, e.seq LIMIT 1;
      CONTINUE WHEN FOUND; -- who has it locked may be removing it
    END IF;
    l_taken := l_taken + 1;
    l_bytes := l_bytes + l_row.size;
    RETURN QUERY UPDATE mailbox_message m
      SET due = l_now + p_timeout, owner = p_owner, token = nextval('token'), attempts = m.attempts + 1
      WHERE m.seq = l_row.seq
      RETURNING m.seq, m.token, m.attempts, m.id, m.key, m.written, m.headers, m.payload, l_now, NULL::bigint, false;
  END LOOP;
  SELECT m.due INTO l_due FROM mailbox_message m
    WHERE m.namespace = p_namespace AND m.mailbox = p_mailbox AND m.dead IS NULL
    ORDER BY m.due LIMIT 1;
  RETURN QUERY SELECT
    NULL::bigint, NULL::bigint, NULL::int, NULL::bytea, NULL::bytea, NULL::bigint, NULL::bytea, NULL::bytea, l_now,
    CASE WHEN l_due < 9223372036854775807 THEN l_due END, coalesce(l_due <= l_now, false);
END $$;

-- The next message of a key, once an earlier one is gone.
CREATE FUNCTION next_message(p_namespace text, p_mailbox text, p_key bytea, p_now bigint) RETURNS void LANGUAGE sql VOLATILE AS $$
  UPDATE mailbox_message m SET due = p_now
    WHERE m.due = 9223372036854775807 AND m.seq = (
      SELECT n.seq FROM mailbox_message n
      WHERE (n.namespace, n.mailbox, n.key, n.seq) >= (p_namespace, p_mailbox, p_key, 0)
        AND (n.namespace, n.mailbox, n.key, n.seq) < (p_namespace, p_mailbox, p_key, 9223372036854775807)
        AND n.dead IS NULL AND n.key IS NOT NULL
      ORDER BY n.namespace, n.mailbox, n.key, n.seq LIMIT 1)
$$;

-- What became of deliveries. Kinds: 0 done, 1 again after p_millis, 2 another deadline in p_millis, 3 dead. Per delivery the new
-- deadline, 0 where it is settled, -1 where it is not in force. Taken in the order of their places, against deadlocks.
CREATE FUNCTION settle_messages(
  p_namespace text, p_mailboxes text[], p_seqs bigint[], p_tokens bigint[], p_kinds int[], p_millis bigint[], p_reasons text[])
RETURNS bigint[] LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l_ack record;
  l_key bytea;
  l_now bigint := now_ms();
  l_results bigint[] := array_fill(-1::bigint, ARRAY[cardinality(p_seqs)]);
BEGIN
  FOR l_ack IN
    SELECT * FROM unnest(p_mailboxes, p_seqs, p_tokens, p_kinds, p_millis, p_reasons)
      WITH ORDINALITY AS u(mailbox, seq, token, kind, millis, reason, n) ORDER BY u.seq, u.n
  LOOP
    SELECT m.key INTO l_key FROM mailbox_message m
      WHERE m.seq = l_ack.seq AND m.namespace = p_namespace AND m.mailbox = l_ack.mailbox AND m.token = l_ack.token
        AND m.token <> 0 AND m.due > l_now AND m.dead IS NULL
      FOR UPDATE;
    CONTINUE WHEN NOT FOUND;
    l_results[l_ack.n] := 0;
    IF l_ack.kind = 0 THEN
      DELETE FROM mailbox_message m WHERE m.seq = l_ack.seq;
    ELSIF l_ack.kind = 1 THEN
      UPDATE mailbox_message m SET due = l_now + l_ack.millis, owner = 0, token = 0 WHERE m.seq = l_ack.seq;
    ELSIF l_ack.kind = 2 THEN
      UPDATE mailbox_message m SET due = l_now + l_ack.millis WHERE m.seq = l_ack.seq;
      l_results[l_ack.n] := l_now + l_ack.millis;
    ELSE
      UPDATE mailbox_message m SET dead = l_ack.reason, owner = 0, token = 0 WHERE m.seq = l_ack.seq;
    END IF;
    IF l_key IS NOT NULL AND l_ack.kind IN (0, 3) THEN
      PERFORM next_message(p_namespace, l_ack.mailbox, l_key, l_now);
    END IF;
  END LOOP;
  RETURN l_results;
END $$;

-- What a reader has comes back at once.
CREATE FUNCTION release_messages(p_owner bigint) RETURNS void LANGUAGE sql VOLATILE AS $$
  UPDATE mailbox_message m SET due = now_ms(), owner = 0, token = 0
    WHERE m.seq IN (SELECT n.seq FROM mailbox_message n WHERE n.owner = p_owner AND n.owner <> 0 ORDER BY n.seq FOR UPDATE)
$$;

-- What the readers of a process that has ended had comes back; with release_dead, which finds those.
CREATE FUNCTION release_process(p_process bigint) RETURNS void LANGUAGE sql VOLATILE AS $$
  UPDATE mailbox_message m SET due = now_ms(), owner = 0, token = 0
    WHERE m.seq IN (
      SELECT n.seq FROM mailbox_message n
      WHERE n.owner >= p_process << 32 AND n.owner < (p_process + 1) << 32 AND n.owner <> 0 ORDER BY n.seq FOR UPDATE)
$$;

CREATE OR REPLACE FUNCTION release_dead(p_self bigint) RETURNS int LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l_process bigint;
  l_lease lease;
  l_now bigint := now_ms();
  l_dead int := 0;
BEGIN
  FOR l_process IN
    SELECT p.id FROM process p
    WHERE p.id <> p_self AND NOT EXISTS (
      SELECT FROM pg_locks k
      WHERE k.locktype = 'advisory' AND k.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
        AND k.classid = 'process'::regclass::oid AND k.objid::bigint = p.id AND k.objsubid = 2 AND k.granted)
    ORDER BY p.id FOR UPDATE -- whoever is at it already is waited for: claims come after it
  LOOP
    FOR l_lease IN
      SELECT * FROM lease l WHERE l.due IS NOT NULL AND l.owner >> 32 = l_process ORDER BY l.consumers, l.id FOR UPDATE
    LOOP
      PERFORM give_back(l_lease, l_now);
    END LOOP;
    UPDATE pending p SET due = l_now, owner = 0, token = 0 WHERE p.owner >> 32 = l_process AND p.token <> 0;
    PERFORM release_process(l_process);
    DELETE FROM process p WHERE p.id = l_process;
    l_dead := l_dead + 1;
  END LOOP;
  RETURN l_dead;
END $$;

-- Forgets some of what was remembered for long enough; how many rows.
CREATE FUNCTION sweep_transact(p_inbox bigint, p_keys bigint, p_most int) RETURNS bigint LANGUAGE sql VOLATILE AS $$
  WITH processed AS (
    DELETE FROM inbox WHERE (namespace, name, id) IN (
      SELECT namespace, name, id FROM inbox WHERE at < p_inbox ORDER BY at LIMIT p_most)
    RETURNING 1),
  forgotten AS (
    DELETE FROM idempotency WHERE (namespace, scope, key) IN (
      SELECT namespace, scope, key FROM idempotency WHERE at < p_keys ORDER BY at LIMIT p_most)
    RETURNING 1)
  SELECT (SELECT count(*) FROM processed) + (SELECT count(*) FROM forgotten);
$$;
