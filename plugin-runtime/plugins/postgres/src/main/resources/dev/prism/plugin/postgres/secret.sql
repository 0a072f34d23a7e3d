-- What all processes of this backend share and nobody else knows: the key of cursors.
CREATE TABLE secret (name text PRIMARY KEY, value bytea NOT NULL);
