-- What a process listens to: those that hear of a queue's messages are counted, and where there is one it tells nobody.
ALTER TABLE process ADD COLUMN channel text NOT NULL DEFAULT '';

DROP FUNCTION enter(bigint);

-- Names a process and takes its lock, for as long as the connection lasts. p_id is 0, or the name that it had before.
CREATE FUNCTION enter(p_id bigint, p_channel text) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l_id bigint := p_id;
BEGIN
  IF l_id = 0 THEN
    INSERT INTO process (channel) VALUES (p_channel) RETURNING id INTO l_id;
  ELSE
    INSERT INTO process OVERRIDING SYSTEM VALUE VALUES (l_id, p_channel) ON CONFLICT DO NOTHING;
  END IF;
  PERFORM pg_advisory_lock('process'::regclass::oid::int, l_id::int);
  RETURN l_id;
END $$;
