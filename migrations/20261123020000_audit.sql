-- migrate:up

SET LOCAL ROLE overt_owner;

CREATE TABLE audit.event (
    id uuid CONSTRAINT event_key PRIMARY KEY,
    xid xid8 NOT NULL,
    body bytea NOT NULL
        CONSTRAINT event_body_size CHECK (octet_length(body) BETWEEN 2 AND 65535)
);
CREATE INDEX event_by_xid ON audit.event (xid);
COMMENT ON TABLE audit.event IS
    'What was done, by whom, under which authority. Append-only; sealed into a Merkle tree later';
COMMENT ON COLUMN audit.event.id IS 'Random; the same as in the body';
COMMENT ON COLUMN audit.event.xid IS
    'The transaction that wrote it: below the oldest running one, no earlier event can still appear';
COMMENT ON COLUMN audit.event.body IS
    'The exact bytes that are hashed: UTF-8 JSON, sorted keys, compact, integers only';

CREATE TRIGGER event_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.event
    FOR EACH STATEMENT EXECUTE FUNCTION overt.refuse_change();
ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_append_only;

CREATE FUNCTION audit.write_event(event_id uuid, event_body bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    parsed jsonb := convert_from(event_body, 'UTF8')::jsonb;
BEGIN
    IF jsonb_typeof(parsed) IS DISTINCT FROM 'object'
       OR parsed -> 'v' IS DISTINCT FROM to_jsonb(1)
       OR parsed ->> 'id' IS DISTINCT FROM event_id::text
       OR jsonb_typeof(parsed -> 'name') IS DISTINCT FROM 'string'
       OR jsonb_typeof(parsed -> 'at_us') IS DISTINCT FROM 'number'
       OR jsonb_typeof(parsed -> 'actor') IS DISTINCT FROM 'object'
       OR jsonb_typeof(parsed -> 'details') IS DISTINCT FROM 'object'
    THEN
        RAISE EXCEPTION 'the body is not that of event %', event_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'event_body';
    END IF;
    INSERT INTO audit.event (id, xid, body)
    VALUES (event_id, pg_current_xact_id(), event_body);
END
$body$;
COMMENT ON FUNCTION audit.write_event(uuid, bytea) IS
    'The one way to write an event: in the transaction of the act it records';

CREATE FUNCTION audit.require_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF NOT EXISTS (SELECT FROM audit.event WHERE xid = pg_current_xact_id()) THEN
        RAISE EXCEPTION 'the transaction that changed %.% wrote no audit event',
                        TG_TABLE_SCHEMA, TG_TABLE_NAME
            USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_required';
    END IF;
    RETURN NULL;
END
$body$;
COMMENT ON FUNCTION audit.require_event() IS
    'Deferred to the commit of an act: no audit event, no act';

GRANT EXECUTE ON FUNCTION audit.write_event(uuid, bytea) TO overt_server;
GRANT SELECT ON audit.event TO overt_sealer, overt_oversight;

RESET ROLE;

-- migrate:down

-- What is on the record is not taken off it by going back a version.
DO $guard$
BEGIN
    IF EXISTS (SELECT FROM audit.event) THEN
        RAISE EXCEPTION 'audit.event holds events: the schema is not taken down'
            USING HINT = 'To begin anew, make a new database.';
    END IF;
END
$guard$;
DROP FUNCTION audit.require_event();
DROP FUNCTION audit.write_event(uuid, bytea);
DROP TABLE audit.event;
