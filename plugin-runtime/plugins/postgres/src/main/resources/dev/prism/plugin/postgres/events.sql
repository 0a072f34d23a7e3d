-- Events: docs/decisions/pubsub.md.

-- Bodies over what a notification carries; removed a minute after they were sent.
CREATE TABLE event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at bigint NOT NULL,
  body bytea NOT NULL
);

-- Which processes have listeners of a queue group; member is namespace, pattern and group.
CREATE TABLE listener (
  process bigint NOT NULL,
  member text NOT NULL,
  PRIMARY KEY (process, member)
);

-- Sends notifications in their order; where there is a body, it is stored and the notification says where.
CREATE FUNCTION emit(p_channel text, p_texts text[], p_bodies bytea[]) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l_id bigint;
BEGIN
  FOR i IN 1 .. cardinality(p_texts) LOOP
    IF p_bodies[i] IS NULL THEN
      PERFORM pg_notify(p_channel, p_texts[i]);
    ELSE
      INSERT INTO event (at, body) VALUES (now_ms(), p_bodies[i]) RETURNING id INTO l_id;
      PERFORM pg_notify(p_channel, p_texts[i] || l_id);
    END IF;
  END LOOP;
END $$;

-- A process has, or no longer has, listeners of a group. Told in the same transaction: whoever listens hears of it
-- between the same two events as everybody else.
CREATE FUNCTION join_listeners(p_channel text, p_process bigint, p_member text) RETURNS void LANGUAGE sql VOLATILE AS $$
  INSERT INTO listener VALUES (p_process, p_member) ON CONFLICT DO NOTHING;
  SELECT pg_notify(p_channel, 'J' || p_process || ' ' || p_member);
$$;

CREATE FUNCTION leave_listeners(p_channel text, p_process bigint, p_member text) RETURNS void LANGUAGE sql VOLATILE AS $$
  DELETE FROM listener WHERE process = p_process AND member = p_member;
  SELECT pg_notify(p_channel, 'X' || p_process || ' ' || p_member);
$$;

-- Processes that have ended leave their groups; old bodies go.
CREATE FUNCTION tidy_events(p_channel text, p_self bigint, p_before bigint) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l_gone listener;
BEGIN
  FOR l_gone IN
    DELETE FROM listener l
    WHERE l.process <> p_self AND NOT EXISTS (
      SELECT FROM pg_locks k
      WHERE k.locktype = 'advisory' AND k.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
        AND k.classid = 'process'::regclass::oid AND k.objid::bigint = l.process AND k.objsubid = 2 AND k.granted)
    RETURNING l.*
  LOOP
    PERFORM pg_notify(p_channel, 'X' || l_gone.process || ' ' || l_gone.member);
  END LOOP;
  DELETE FROM event WHERE at < p_before;
END $$;
