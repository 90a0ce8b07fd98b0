-- migrate:up

-- The log: events in their final order, the tree over them, and what was signed of it.

SET LOCAL ROLE overt_owner;

CREATE TABLE audit.log (
    one boolean CONSTRAINT log_key PRIMARY KEY DEFAULT true CONSTRAINT log_is_one CHECK (one),
    size bigint NOT NULL DEFAULT 0 CONSTRAINT log_size CHECK (size >= 0),
    root bytea NOT NULL CONSTRAINT log_root_bytes CHECK (octet_length(root) = 32),
    edge bytea NOT NULL DEFAULT ''::bytea
        CONSTRAINT log_edge_bytes CHECK (octet_length(edge) % 32 = 0),
    epoch bigint NOT NULL DEFAULT 0
);
INSERT INTO audit.log (root) VALUES (sha256(''::bytea));
COMMENT ON TABLE audit.log IS 'How far the log is: one row, which only the function seal changes';
COMMENT ON COLUMN audit.log.one IS 'Always true: there is one row';
COMMENT ON COLUMN audit.log.size IS 'Events in the tree; the next one gets this number';
COMMENT ON COLUMN audit.log.root IS 'Root of the tree of these events (RFC 9162, SHA-256)';
COMMENT ON COLUMN audit.log.edge IS
    'The roots of its largest complete subtrees, 32 bytes each, from the smallest one up';
COMMENT ON COLUMN audit.log.epoch IS
    'Counts the sealers that took over; one that finds another number than its own stops';

CREATE TABLE audit.leaf (
    index bigint CONSTRAINT leaf_key PRIMARY KEY CONSTRAINT leaf_index CHECK (index >= 0),
    event_id uuid NOT NULL CONSTRAINT leaf_event UNIQUE,
    hash bytea NOT NULL CONSTRAINT leaf_hash_bytes CHECK (octet_length(hash) = 32)
);
COMMENT ON TABLE audit.leaf IS 'The place of each event in the log. Append-only, without gaps';
COMMENT ON COLUMN audit.leaf.index IS 'From 0 on';
COMMENT ON COLUMN audit.leaf.event_id IS 'The event that has this place';
COMMENT ON COLUMN audit.leaf.hash IS 'SHA-256(0x00 || body of the event)';

CREATE TABLE audit.node (
    level smallint NOT NULL CONSTRAINT node_level CHECK (level BETWEEN 1 AND 7),
    index bigint NOT NULL CONSTRAINT node_index CHECK (index >= 0),
    hash bytea NOT NULL CONSTRAINT node_hash_bytes CHECK (octet_length(hash) = 32),
    CONSTRAINT node_key PRIMARY KEY (level, index)
);
COMMENT ON TABLE audit.node IS
    'Some inner nodes of the tree, so that a proof need not read every leaf: those of which C2SP tlog-tiles are made. Append-only; all of it follows from the leaves';
COMMENT ON COLUMN audit.node.level IS '1: covers 256 leaves, 2: 65536, and so on';
COMMENT ON COLUMN audit.node.index IS 'From 0 on, from left to right';
COMMENT ON COLUMN audit.node.hash IS 'SHA-256(0x01 || left || right)';

CREATE TABLE audit.checkpoint (
    size bigint CONSTRAINT checkpoint_key PRIMARY KEY CONSTRAINT checkpoint_size CHECK (size >= 0),
    note text NOT NULL CONSTRAINT checkpoint_note CHECK (octet_length(note) BETWEEN 50 AND 16384),
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE audit.checkpoint IS
    'What the sealer signed of the log: C2SP tlog-checkpoint notes. Append-only';
COMMENT ON COLUMN audit.checkpoint.size IS 'Events it covers';
COMMENT ON COLUMN audit.checkpoint.note IS 'Text, empty line and signature, as they are published';
COMMENT ON COLUMN audit.checkpoint.made_at IS 'By the database''s clock; it is not in the note';

CREATE TABLE audit.unsealed (
    event_id uuid CONSTRAINT unsealed_key PRIMARY KEY,
    xid xid8 NOT NULL
);
COMMENT ON TABLE audit.unsealed IS
    'Events that have no leaf yet; a list for speed, which the sealer compares with the events';
COMMENT ON COLUMN audit.unsealed.event_id IS 'The event';
COMMENT ON COLUMN audit.unsealed.xid IS 'The transaction that wrote it';
INSERT INTO audit.unsealed (event_id, xid) SELECT id, xid FROM audit.event;

CREATE FUNCTION audit.event_is_unsealed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    INSERT INTO audit.unsealed (event_id, xid) VALUES (NEW.id, NEW.xid);
    RETURN NULL;
END
$body$;
COMMENT ON FUNCTION audit.event_is_unsealed() IS 'Trigger: what is written is to be sealed';
CREATE TRIGGER event_unsealed AFTER INSERT ON audit.event
    FOR EACH ROW EXECUTE FUNCTION audit.event_is_unsealed();
ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_unsealed;

CREATE TRIGGER leaf_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.leaf
    FOR EACH STATEMENT EXECUTE FUNCTION overt.refuse_change();
ALTER TABLE audit.leaf ENABLE ALWAYS TRIGGER leaf_append_only;
CREATE TRIGGER node_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.node
    FOR EACH STATEMENT EXECUTE FUNCTION overt.refuse_change();
ALTER TABLE audit.node ENABLE ALWAYS TRIGGER node_append_only;
CREATE TRIGGER checkpoint_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION overt.refuse_change();
ALTER TABLE audit.checkpoint ENABLE ALWAYS TRIGGER checkpoint_append_only;

CREATE FUNCTION audit.take_over() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    UPDATE audit.log SET epoch = epoch + 1 RETURNING epoch
$body$;
COMMENT ON FUNCTION audit.take_over() IS
    'A sealer begins: it gets a number of its own, and whoever sealed before is refused from here on';

-- Events that were written but are not on the list of what is to be sealed: there are none unless
-- somebody with more rights than the server's changed the list.
CREATE FUNCTION audit.list_forgotten() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    found bigint;
BEGIN
    INSERT INTO audit.unsealed (event_id, xid)
    SELECT event.id, event.xid FROM audit.event AS event
    WHERE NOT EXISTS (SELECT FROM audit.leaf WHERE leaf.event_id = event.id)
      AND NOT EXISTS (SELECT FROM audit.unsealed WHERE unsealed.event_id = event.id);
    GET DIAGNOSTICS found = ROW_COUNT;
    RETURN found;
END
$body$;
COMMENT ON FUNCTION audit.list_forgotten() IS
    'Puts every event without a leaf on the list of what is to be sealed; how many were missing there';

CREATE FUNCTION audit.seal(my_epoch bigint, old_size bigint, old_root bytea, event_ids uuid[],
                           leaf_hashes bytea[], new_root bytea, new_edge bytea,
                           node_levels smallint[], node_indexes bigint[], node_hashes bytea[],
                           note text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    added bigint := cardinality(event_ids);
    sealed bigint;
BEGIN
    UPDATE audit.log
    SET size = old_size + added, root = new_root, edge = new_edge
    WHERE log.epoch = my_epoch AND log.size = old_size AND log.root = old_root;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the log is not where this sealer left it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'sealer_fenced';
    END IF;
    INSERT INTO audit.leaf (index, event_id, hash)
    SELECT old_size + given.place - 1, event.id, given.hash
    FROM unnest(event_ids, leaf_hashes) WITH ORDINALITY AS given (id, hash, place)
    JOIN audit.event AS event
      ON event.id = given.id AND given.hash = sha256('\x00'::bytea || event.body);
    GET DIAGNOSTICS sealed = ROW_COUNT;
    IF sealed <> added OR cardinality(leaf_hashes) <> added OR added < 1 THEN
        RAISE EXCEPTION 'a leaf is not that of its event'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'leaf_of_event';
    END IF;
    DELETE FROM audit.unsealed WHERE event_id = ANY (event_ids);
    INSERT INTO audit.node (level, index, hash)
    SELECT * FROM unnest(node_levels, node_indexes, node_hashes);
    INSERT INTO audit.checkpoint (size, note) VALUES (old_size + added, seal.note);
END
$body$;
COMMENT ON FUNCTION audit.seal(bigint, bigint, bytea, uuid[], bytea[], bytea, bytea, smallint[], bigint[], bytea[], text) IS
    'Appends events to the log, with the checkpoint that covers them: all of it or nothing, and only if the log is where the sealer believes it to be';

GRANT SELECT ON audit.log, audit.leaf, audit.node, audit.checkpoint, audit.unsealed
    TO overt_sealer, overt_oversight, overt_server;
GRANT EXECUTE ON FUNCTION audit.take_over(), audit.list_forgotten(),
    audit.seal(bigint, bigint, bytea, uuid[], bytea[], bytea, bytea, smallint[], bigint[], bytea[], text)
    TO overt_sealer;

RESET ROLE;

-- migrate:down

SET LOCAL ROLE overt_owner;

-- What was signed is not taken back by going back a version.
DO $guard$
BEGIN
    IF EXISTS (SELECT FROM audit.checkpoint) THEN
        RAISE EXCEPTION 'audit.checkpoint holds checkpoints: the log is not taken down'
            USING HINT = 'To begin anew, make a new database.';
    END IF;
END
$guard$;
DROP FUNCTION audit.seal(bigint, bigint, bytea, uuid[], bytea[], bytea, bytea, smallint[], bigint[], bytea[], text);
DROP FUNCTION audit.list_forgotten();
DROP FUNCTION audit.take_over();
DROP TRIGGER event_unsealed ON audit.event;
DROP FUNCTION audit.event_is_unsealed();
DROP TABLE audit.unsealed;
DROP TABLE audit.checkpoint;
DROP TABLE audit.node;
DROP TABLE audit.leaf;
DROP TABLE audit.log;
RESET ROLE;
