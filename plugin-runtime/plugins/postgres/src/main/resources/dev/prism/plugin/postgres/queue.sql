-- Queues: docs/decisions/queue.md says why the tables are these. Times are milliseconds since 1970, by this server's clock.

CREATE TABLE topic (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE
);

-- A topic's log. seq has no gaps. Only inserted, and deleted from the beginning; the newest row of a topic stays.
CREATE TABLE message (
  topic bigint NOT NULL,
  seq bigint NOT NULL,
  published bigint NOT NULL,
  deliver_at bigint NOT NULL,
  size int NOT NULL,
  key bytea,
  headers bytea,
  payload bytea NOT NULL,
  PRIMARY KEY (topic, seq)
);
ALTER TABLE message ALTER COLUMN payload SET STORAGE EXTERNAL;

CREATE TABLE consumers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic bigint NOT NULL,
  name text NOT NULL,
  UNIQUE (topic, name)
);

-- A stretch of the log that was taken by one consumer at once. The end of a group's newest lease is its place.
-- settled has a bit a message; due is when the rest comes back, NULL where there is none.
CREATE SEQUENCE token;
CREATE TABLE lease (
  consumers bigint NOT NULL,
  id bigint NOT NULL,
  first bigint NOT NULL,
  count int NOT NULL,
  settled varbit NOT NULL,
  due bigint,
  owner bigint NOT NULL,
  PRIMARY KEY (consumers, id)
) WITH (fillfactor = 70);
CREATE INDEX lease_due ON lease (consumers, due) WHERE due IS NOT NULL;

-- What is before the place and of no lease: it came back, was extended, or waits for its time. token is 0 where nobody has it.
CREATE TABLE pending (
  consumers bigint NOT NULL,
  seq bigint NOT NULL,
  due bigint NOT NULL,
  owner bigint NOT NULL,
  token bigint NOT NULL,
  attempts int NOT NULL,
  PRIMARY KEY (consumers, seq)
) WITH (fillfactor = 70);
CREATE INDEX pending_due ON pending (consumers, due, seq);

CREATE TABLE remembered (
  scope text NOT NULL,
  key text NOT NULL,
  at bigint NOT NULL,
  fingerprint bytea NOT NULL,
  first bigint NOT NULL,
  PRIMARY KEY (scope, key)
);
CREATE INDEX remembered_at ON remembered (at);

-- A plugin process; it holds an advisory lock on its id while it lives.
CREATE TABLE process (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
);

CREATE FUNCTION now_ms() RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;

-- Appends runs of messages, each to one topic; topics come sorted. Per run: the first seq, and state 0 appended,
-- 1 it was there by its idempotency key, 2 that key came with something else.
CREATE FUNCTION publish(
  p_topics bigint[], p_counts int[], p_scopes text[], p_keys text[], p_prints bytea[],
  p_run int[], p_deliver bigint[], p_sizes int[], p_message_keys bytea[], p_headers bytea[], p_payloads bytea[],
  OUT firsts bigint[], OUT states int[])
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l_topic bigint := -1;
  l_next bigint;
  l_at bigint;
  l_ats bigint[] := '{}';
  l_starts int[] := '{}';
  l_start int := 1;
  l_known remembered;
BEGIN
  firsts := '{}';
  states := '{}';
  FOR i IN 1 .. cardinality(p_topics) LOOP
    IF p_topics[i] <> l_topic THEN
      l_topic := p_topics[i];
      -- Until the commit: offsets become visible in their order.
      PERFORM pg_advisory_xact_lock('topic'::regclass::oid::int, l_topic::int);
      SELECT m.seq + 1, m.published INTO l_next, l_at
        FROM message m WHERE m.topic = l_topic ORDER BY m.seq DESC LIMIT 1;
      IF NOT FOUND THEN
        l_next := 0;
        l_at := 0;
      END IF;
      l_at := greatest(now_ms(), l_at);
    END IF;
    l_starts := l_starts || l_start;
    l_start := l_start + p_counts[i];
    l_ats := l_ats || l_at;
    IF p_keys[i] IS NOT NULL THEN
      SELECT * INTO l_known FROM remembered r WHERE r.scope = p_scopes[i] AND r.key = p_keys[i];
      IF FOUND THEN
        firsts := firsts || l_known.first;
        states := states || CASE WHEN l_known.fingerprint = p_prints[i] THEN 1 ELSE 2 END;
        CONTINUE;
      END IF;
      INSERT INTO remembered VALUES (p_scopes[i], p_keys[i], l_at, p_prints[i], l_next);
    END IF;
    firsts := firsts || l_next;
    states := states || 0;
    l_next := l_next + p_counts[i];
  END LOOP;
  INSERT INTO message
    SELECT p_topics[u.run], firsts[u.run] + u.n - l_starts[u.run], l_ats[u.run], u.deliver, u.size, u.key, u.headers, u.payload
    FROM unnest(p_run, p_deliver, p_sizes, p_message_keys, p_headers, p_payloads)
      WITH ORDINALITY AS u(run, deliver, size, key, headers, payload, n)
    WHERE states[u.run] = 0;
END $$;

-- The first offset that was never delivered to the group.
CREATE FUNCTION place(p_group bigint) RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT l.first + l.count FROM lease l WHERE l.consumers = p_group ORDER BY l.id DESC LIMIT 1 $$;

-- What is left of a lease comes back now.
CREATE FUNCTION give_back(p_lease lease, p_now bigint) RETURNS void LANGUAGE sql VOLATILE AS $$
  INSERT INTO pending
    SELECT p_lease.consumers, p_lease.first + i, p_now, 0, 0, 1
    FROM generate_series(0, p_lease.count - 1) i
    WHERE get_bit(p_lease.settled::bit varying, i) = 0
    ON CONFLICT DO NOTHING;
  UPDATE lease SET due = NULL, settled = settled | ~settled
    WHERE consumers = p_lease.consumers AND id = p_lease.id;
$$;

-- Leases whose time is up, those that were due before p_floor left out.
CREATE FUNCTION expire(p_group bigint, p_floor bigint, p_now bigint) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l_lease lease;
BEGIN
  FOR l_lease IN
    SELECT * FROM lease l
    WHERE l.consumers = p_group AND l.due > p_floor AND l.due <= p_now
    ORDER BY l.due FOR UPDATE SKIP LOCKED
  LOOP
    PERFORM give_back(l_lease, p_now);
  END LOOP;
END $$;

-- Takes what came back, and then a stretch of the log. Neither waits for another process: rows that one has are
-- skipped, and the log is left to whoever reads it now (busy). A stretch is one token and a count; what came back is a
-- token each. Of the log, what has its time to come is left out by the reader (deliver_at > now_at).
CREATE FUNCTION claim(
  p_group bigint, p_topic bigint, p_owner bigint, p_most int, p_bytes bigint, p_timeout bigint,
  p_floor bigint, p_expire_floor bigint,
  OUT tokens bigint[], OUT firsts bigint[], OUT counts int[], OUT attempts int[],
  OUT now_at bigint, OUT next_due bigint, OUT busy boolean)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l_row record;
  l_bytes bigint := 0;
  l_taken int := 0;
  l_token bigint;
  l_place bigint;
  l_count int := 0;
  l_waiting int[] := '{}';
  l_settled varbit;
BEGIN
  now_at := now_ms();
  busy := false;
  IF p_expire_floor IS NOT NULL THEN
    PERFORM expire(p_group, p_expire_floor, now_at);
  END IF;
  FOR l_row IN
    SELECT p.seq, p.attempts, m.size FROM pending p JOIN message m ON m.topic = p_topic AND m.seq = p.seq
    WHERE p.consumers = p_group AND p.due > p_floor AND p.due <= now_at
    ORDER BY p.due, p.seq LIMIT p_most FOR UPDATE OF p SKIP LOCKED
  LOOP
    l_bytes := l_bytes + l_row.size;
    EXIT WHEN l_bytes > p_bytes AND l_taken > 0;
    l_taken := l_taken + 1;
    l_token := nextval('token');
    UPDATE pending p SET due = now_at + p_timeout, owner = p_owner, token = l_token, attempts = l_row.attempts + 1
      WHERE p.consumers = p_group AND p.seq = l_row.seq;
    tokens := tokens || l_token;
    firsts := firsts || l_row.seq::bigint;
    counts := counts || 1;
    attempts := attempts || (l_row.attempts + 1);
  END LOOP;
  IF l_taken < p_most AND l_bytes < p_bytes THEN
    l_place := place(p_group);
    IF EXISTS (SELECT FROM message m WHERE m.topic = p_topic AND m.seq >= l_place) THEN
      IF pg_try_advisory_xact_lock('consumers'::regclass::oid::int, p_group::int) THEN
        l_place := place(p_group);
        FOR l_row IN
          SELECT m.seq, m.size, m.deliver_at FROM message m
          WHERE m.topic = p_topic AND m.seq >= l_place ORDER BY m.seq LIMIT p_most - l_taken
        LOOP
          IF l_count = 0 THEN
            l_place := l_row.seq;
          END IF;
          IF l_row.deliver_at > now_at THEN
            l_waiting := l_waiting || l_count;
            INSERT INTO pending VALUES (p_group, l_row.seq, l_row.deliver_at, 0, 0, 0) ON CONFLICT DO NOTHING;
          ELSE
            l_bytes := l_bytes + l_row.size;
            EXIT WHEN l_bytes > p_bytes AND l_taken > 0;
            l_taken := l_taken + 1;
          END IF;
          l_count := l_count + 1;
        END LOOP;
        IF l_count > 0 THEN
          l_settled := repeat('0', l_count)::varbit;
          FOR i IN 1 .. cardinality(l_waiting) LOOP
            l_settled := set_bit(l_settled::bit varying, l_waiting[i], 1);
          END LOOP;
          l_token := nextval('token');
          INSERT INTO lease VALUES (p_group, l_token, l_place, l_count, l_settled,
            CASE WHEN cardinality(l_waiting) < l_count THEN now_at + p_timeout END, p_owner);
          tokens := tokens || l_token;
          firsts := firsts || l_place;
          counts := counts || l_count;
          attempts := attempts || 1;
        END IF;
      ELSE
        busy := true;
      END IF;
    END IF;
  END IF;
  IF tokens IS NULL THEN
    SELECT p.due INTO next_due FROM pending p
      WHERE p.consumers = p_group AND p.due > now_at ORDER BY p.due LIMIT 1;
  END IF;
END $$;

-- What became of deliveries, sorted by group and token. Kinds: 0 done, 1 again after p_millis, 2 another deadline in
-- p_millis. Per delivery the new deadline, 0 where it is settled, -1 where it is not in force.
CREATE FUNCTION settle(p_groups bigint[], p_tokens bigint[], p_seqs bigint[], p_kinds int[], p_millis bigint[],
  OUT results bigint[], OUT now_at bigint)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  n int := cardinality(p_tokens);
  i int := 1;
  j int;
  l_lease lease;
  l_has boolean;
  l_off bigint;
  l_attempts int;
  l_owner bigint;
  l_settled varbit;
BEGIN
  results := array_fill(-1::bigint, ARRAY[n]);
  now_at := now_ms();
  WHILE i <= n LOOP
    SELECT * INTO l_lease FROM lease l WHERE l.consumers = p_groups[i] AND l.id = p_tokens[i] FOR UPDATE;
    l_has := FOUND AND l_lease.due > now_at;
    l_settled := l_lease.settled;
    j := i;
    WHILE j <= n AND p_tokens[j] = p_tokens[i] AND p_groups[j] = p_groups[i] LOOP
      l_attempts := NULL;
      IF l_has THEN
        l_off := p_seqs[j] - l_lease.first;
        IF l_off >= 0 AND l_off < l_lease.count THEN
          IF get_bit(l_settled::bit varying, l_off::int) = 0 THEN
            l_settled := set_bit(l_settled::bit varying, l_off::int, 1);
            l_attempts := 1;
            l_owner := l_lease.owner;
          END IF;
        END IF;
      END IF;
      IF l_attempts IS NULL THEN
        DELETE FROM pending p
          WHERE p.consumers = p_groups[j] AND p.seq = p_seqs[j] AND p.token = p_tokens[j] AND p.token <> 0 AND p.due > now_at
          RETURNING p.attempts, p.owner INTO l_attempts, l_owner;
      END IF;
      IF l_attempts IS NOT NULL THEN
        IF p_kinds[j] = 0 THEN
          results[j] := 0;
        ELSIF p_kinds[j] = 1 THEN
          INSERT INTO pending VALUES (p_groups[j], p_seqs[j], now_at + p_millis[j], 0, 0, l_attempts);
          results[j] := 0;
        ELSE
          INSERT INTO pending VALUES (p_groups[j], p_seqs[j], now_at + p_millis[j], l_owner, p_tokens[j], l_attempts);
          results[j] := now_at + p_millis[j];
        END IF;
      END IF;
      j := j + 1;
    END LOOP;
    IF l_has AND l_settled <> l_lease.settled THEN
      IF position(B'0' IN l_settled::bit varying) > 0 THEN
        UPDATE lease l SET settled = l_settled WHERE l.consumers = p_groups[i] AND l.id = p_tokens[i];
      ELSIF EXISTS (SELECT FROM lease l WHERE l.consumers = p_groups[i] AND l.id > p_tokens[i]) THEN
        DELETE FROM lease l WHERE l.consumers = p_groups[i] AND l.id = p_tokens[i];
      ELSE
        UPDATE lease l SET settled = l_settled, due = NULL WHERE l.consumers = p_groups[i] AND l.id = p_tokens[i];
      END IF;
    END IF;
    i := j;
  END LOOP;
END $$;

-- How often a delivery's message was delivered; NULL where the delivery is not in force.
CREATE FUNCTION attempts(p_group bigint, p_token bigint, p_seq bigint) RETURNS int LANGUAGE sql VOLATILE AS $$
  SELECT 1 FROM lease l
    WHERE l.consumers = p_group AND l.id = p_token AND l.due > now_ms()
      AND p_seq >= l.first AND p_seq < l.first + l.count AND get_bit(l.settled::bit varying, (p_seq - l.first)::int) = 0
  UNION ALL
  SELECT p.attempts FROM pending p
    WHERE p.consumers = p_group AND p.seq = p_seq AND p.token = p_token AND p.token <> 0 AND p.due > now_ms()
  LIMIT 1
$$;

-- Ends a delivery with a dead letter, both or neither; false where the delivery is not in force.
CREATE FUNCTION bury(p_group bigint, p_token bigint, p_seq bigint,
  p_topic bigint, p_size int, p_key bytea, p_headers bytea, p_payload bytea) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  IF (SELECT s.results[1] FROM settle(ARRAY[p_group], ARRAY[p_token], ARRAY[p_seq], ARRAY[0], ARRAY[0::bigint]) s) < 0 THEN
    RETURN false;
  END IF;
  PERFORM publish(ARRAY[p_topic], ARRAY[1], ARRAY[NULL::text], ARRAY[NULL::text], ARRAY[NULL::bytea],
    ARRAY[1], ARRAY[0::bigint], ARRAY[p_size], ARRAY[p_key], ARRAY[p_headers], ARRAY[p_payload]);
  RETURN true;
END $$;

-- What a consumer has comes back at once.
CREATE FUNCTION release(p_group bigint, p_owner bigint) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l_lease lease;
  l_now bigint := now_ms();
BEGIN
  FOR l_lease IN
    SELECT * FROM lease l WHERE l.consumers = p_group AND l.due > l_now AND l.owner = p_owner ORDER BY l.id FOR UPDATE
  LOOP
    PERFORM give_back(l_lease, l_now);
  END LOOP;
  UPDATE pending p SET due = l_now, owner = 0, token = 0
    WHERE p.consumers = p_group AND p.due > l_now AND p.owner = p_owner AND p.token <> 0;
END $$;

-- What the consumers of processes that have ended had comes back. An owner is its process times 2^32 and a number.
-- p_self is the caller's own, which is alive whatever its lock says.
CREATE FUNCTION release_dead(p_self bigint) RETURNS int LANGUAGE plpgsql VOLATILE AS $$
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
    DELETE FROM process p WHERE p.id = l_process;
    l_dead := l_dead + 1;
  END LOOP;
  RETURN l_dead;
END $$;

-- A process is there: under its own id where it had one.
CREATE FUNCTION enter(p_id bigint) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l_id bigint := p_id;
BEGIN
  IF l_id = 0 THEN
    INSERT INTO process DEFAULT VALUES RETURNING id INTO l_id;
  ELSE
    INSERT INTO process OVERRIDING SYSTEM VALUE VALUES (l_id) ON CONFLICT DO NOTHING;
  END IF;
  PERFORM pg_advisory_lock('process'::regclass::oid::int, l_id::int);
  RETURN l_id;
END $$;

-- A group, made with its place where it is not there.
CREATE FUNCTION join_group(p_topic bigint, p_name text, p_place bigint) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l_id bigint;
BEGIN
  INSERT INTO consumers (topic, name) VALUES (p_topic, p_name) ON CONFLICT DO NOTHING RETURNING id INTO l_id;
  IF FOUND THEN
    INSERT INTO lease VALUES (l_id, nextval('token'), p_place, 0, B'', NULL, 0);
  ELSE
    SELECT id INTO l_id FROM consumers WHERE topic = p_topic AND name = p_name;
  END IF;
  RETURN l_id;
END $$;

-- Moves a group; its deliveries are forgotten.
CREATE FUNCTION seek(p_group bigint, p_place bigint) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock('consumers'::regclass::oid::int, p_group::int);
  DELETE FROM lease WHERE consumers = p_group;
  DELETE FROM pending WHERE consumers = p_group;
  INSERT INTO lease VALUES (p_group, nextval('token'), p_place, 0, B'', NULL, 0);
END $$;

-- Everything before a place is acknowledged.
CREATE FUNCTION commit_before(p_group bigint, p_place bigint) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock('consumers'::regclass::oid::int, p_group::int);
  IF p_place > place(p_group) THEN
    INSERT INTO lease VALUES (p_group, nextval('token'), p_place, 0, B'', NULL, 0);
  END IF;
  DELETE FROM lease l
    WHERE l.consumers = p_group AND l.first + l.count <= p_place AND l.count > 0
      AND EXISTS (SELECT FROM lease n WHERE n.consumers = p_group AND n.id > l.id);
  UPDATE lease l SET
      settled = l.settled | (repeat('1', least(l.count, p_place - l.first)::int)
        || repeat('0', greatest(0, l.first + l.count - p_place)::int))::varbit,
      due = CASE WHEN l.first + l.count <= p_place THEN NULL ELSE l.due END
    WHERE l.consumers = p_group AND l.first < p_place AND l.due IS NOT NULL;
  DELETE FROM pending WHERE consumers = p_group AND seq < p_place;
END $$;

-- Where groups stand: place, lowest that is not acknowledged, how many before the place are not, and are delivered now.
CREATE FUNCTION standing(p_topic bigint, p_name text,
  OUT name text, OUT place bigint, OUT low bigint, OUT held bigint, OUT in_flight bigint, OUT id bigint)
RETURNS SETOF record LANGUAGE sql VOLATILE AS $$
  SELECT c.name, place(c.id),
    least(place(c.id), l.low, p.low), coalesce(l.held, 0) + p.held, coalesce(l.in_flight, 0) + p.in_flight, c.id
  FROM consumers c,
    LATERAL (SELECT min(e.first + position(B'0' IN e.settled::bit varying) - 1) low,
        sum(e.count - bit_count(e.settled::bit varying))::bigint held,
        (sum(e.count - bit_count(e.settled::bit varying)) FILTER (WHERE e.due > now_ms()))::bigint in_flight
      FROM lease e WHERE e.consumers = c.id AND e.due IS NOT NULL) l,
    LATERAL (SELECT min(w.seq) low, count(*) held,
        count(*) FILTER (WHERE w.token <> 0 AND w.due > now_ms()) in_flight
      FROM pending w WHERE w.consumers = c.id) p
  WHERE c.topic = p_topic AND (p_name IS NULL OR c.name = p_name)
  ORDER BY c.name LIMIT 1000
$$;

-- Removes the oldest messages of a topic that all groups have acknowledged; none where no group is, nor the newest.
-- p_floor is where the log begins, as far as is known; gives how many were removed, and where it begins now.
CREATE FUNCTION trim_log(p_topic bigint, p_floor bigint, p_published bigint, p_rows int, OUT removed int, OUT earliest bigint)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l_before bigint;
BEGIN
  SELECT min(s.low) INTO l_before FROM standing(p_topic, NULL) s;
  SELECT least(l_before, max(m.seq)) INTO l_before FROM message m WHERE m.topic = p_topic;
  DELETE FROM message m WHERE m.topic = p_topic AND m.published < p_published AND m.seq IN (
    SELECT n.seq FROM message n WHERE n.topic = p_topic AND n.seq >= p_floor AND n.seq < l_before ORDER BY n.seq LIMIT p_rows);
  GET DIAGNOSTICS removed = ROW_COUNT;
  SELECT m.seq INTO earliest FROM message m WHERE m.topic = p_topic AND m.seq >= p_floor ORDER BY m.seq LIMIT 1;
END $$;

-- Leases that are settled and not their group's newest: those that were so before the next one came.
CREATE FUNCTION sweep(p_before bigint) RETURNS void LANGUAGE sql VOLATILE AS $$
  DELETE FROM lease l WHERE l.due IS NULL AND EXISTS (
    SELECT FROM lease n WHERE n.consumers = l.consumers AND n.id > l.id);
  DELETE FROM remembered WHERE at < p_before;
$$;
