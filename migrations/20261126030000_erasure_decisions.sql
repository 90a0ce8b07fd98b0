-- migrate:up

SET LOCAL ROLE overt_owner;

-- --- keys that are not there ---------------------------------------------------------------------

ALTER TABLE overt.list_erasure
    ADD COLUMN key_missing_at timestamptz,
    ADD COLUMN keys integer CONSTRAINT list_erasure_keys CHECK (keys BETWEEN 0 AND 1);
COMMENT ON COLUMN overt.list_erasure.key_missing_at IS
    'When the list''s key was found to be missing, or not to open, as the erasure began; null: it was there';
COMMENT ON COLUMN overt.list_erasure.keys IS
    'Keys that this erasure destroyed: 0 where there was none. Null: not yet, or of an erasure from before this was counted';

CREATE FUNCTION overt.erasure_key_missing(for_deployment uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    erasure overt.list_erasure := overt.erasure_at(for_deployment);
BEGIN
    IF erasure.ledger_at IS NOT NULL OR erasure.key_missing_at IS NOT NULL THEN
        RAISE EXCEPTION 'whether the key is there is settled as the erasure begins'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_order';
    END IF;
    UPDATE overt.list_erasure SET key_missing_at = clock_timestamp()
    WHERE deployment_id = for_deployment;
END
$body$;
COMMENT ON FUNCTION overt.erasure_key_missing(uuid) IS
    'The server found no key of this list as its erasure began, which the database cannot see';

DROP FUNCTION overt.erasure_key_destroyed(uuid);
CREATE FUNCTION overt.erasure_key_destroyed(for_deployment uuid, destroyed integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    erasure overt.list_erasure := overt.erasure_at(for_deployment);
BEGIN
    IF erasure.ledger_at IS NULL THEN
        RAISE EXCEPTION 'the ledger comes before the key goes'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_order';
    END IF;
    UPDATE overt.list_erasure SET key_destroyed_at = clock_timestamp(), keys = destroyed
    WHERE deployment_id = for_deployment AND key_destroyed_at IS NULL;
END
$body$;
COMMENT ON FUNCTION overt.erasure_key_destroyed(uuid, integer) IS
    'The server has destroyed the key, or there was none, which the database cannot see';

-- --- who begins, and how many are written --------------------------------------------------------

CREATE OR REPLACE FUNCTION overt.erasure_begin(for_deployment uuid, asked uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    state_now text;
    due timestamptz := overt.list_due_at(for_deployment);
BEGIN
    SELECT state INTO state_now FROM overt.deployment WHERE id = for_deployment FOR UPDATE;
    IF state_now IS NULL OR state_now NOT IN ('closed', 'refused', 'cancelled') THEN
        RAISE EXCEPTION 'the list of a deployment in state % is not erased', state_now
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_state';
    END IF;
    IF asked IS NOT NULL THEN
        PERFORM overt.require_role(asked, 'authorising_officer', 'data_protection');
    ELSIF clock_timestamp() < due THEN
        RAISE EXCEPTION 'the list is not due before %', due
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_not_due';
    END IF;
    INSERT INTO overt.list_erasure (deployment_id, due_at, begun_at, asked_by, entries, images)
    SELECT for_deployment, due, clock_timestamp(), asked,
           (SELECT count(*) FROM watchlist.entry WHERE deployment_id = for_deployment),
           (SELECT count(*) FROM watchlist.image WHERE deployment_id = for_deployment);
END
$body$;
COMMENT ON FUNCTION overt.erasure_begin(uuid, uuid) IS
    'Begins to erase the list of an ended deployment: when it is due by the database''s clock, or earlier by the decision of an authorising officer or data protection';

CREATE OR REPLACE FUNCTION audit.write_membership(for_deployment uuid, pseudonyms bytea, unreadable_entries integer)
    RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    erasure overt.list_erasure := overt.erasure_at(for_deployment);
    approved bigint;
    written integer;
    first_one date;
    last_one date;
BEGIN
    IF erasure.ledger_at IS NOT NULL THEN
        RAISE EXCEPTION 'the ledger has this list already'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_order';
    END IF;
    SELECT count(*), (min(approved_at) AT TIME ZONE 'UTC')::date INTO approved, first_one
    FROM watchlist.entry WHERE deployment_id = for_deployment AND approved_at IS NOT NULL;
    SELECT (closed_at AT TIME ZONE 'UTC')::date INTO last_one
    FROM overt.deployment WHERE id = for_deployment;
    INSERT INTO audit.membership (deployment_id, pseudonym, first_day, last_day)
    SELECT for_deployment, one.pseudonym, least(first_one, last_one), last_one
    FROM (SELECT DISTINCT substring(pseudonyms FROM 32 * n + 1 FOR 32) AS pseudonym
          FROM generate_series(0, octet_length(pseudonyms) / 32 - 1) AS n) AS one
    ORDER BY one.pseudonym;
    GET DIAGNOSTICS written = ROW_COUNT;
    -- One reference may have come twice (withdrawn and added again), so fewer are written than came.
    IF octet_length(pseudonyms) % 32 <> 0 OR unreadable_entries < 0
       OR octet_length(pseudonyms) / 32 + unreadable_entries <> approved THEN
        RAISE EXCEPTION '% pseudonyms and % unreadable do not fit % approved entries',
                        octet_length(pseudonyms) / 32, unreadable_entries, approved
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_count';
    END IF;
    UPDATE overt.list_erasure
    SET ledger = 'written', ledger_at = clock_timestamp(), subjects = written,
        unreadable = unreadable_entries
    WHERE deployment_id = for_deployment;
    RETURN written;
END
$body$;
COMMENT ON FUNCTION audit.write_membership(uuid, bytea, integer) IS
    'Writes the ledger of a list that is being erased, of exactly as many as were ever approved: the one way. Returns how many subjects it holds';

-- --- erasing without the ledger: two people ------------------------------------------------------

CREATE TABLE overt.ledger_waiver (
    id uuid CONSTRAINT ledger_waiver_key PRIMARY KEY,
    deployment_id uuid NOT NULL
        CONSTRAINT ledger_waiver_deployment REFERENCES overt.deployment (id),
    reason text NOT NULL CONSTRAINT ledger_waiver_reason CHECK (
        reason IN ('list_key_lost', 'ledger_key_lost')),
    asked_by uuid NOT NULL CONSTRAINT ledger_waiver_asked_by REFERENCES overt.principal (id),
    asked_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL DEFAULT now() + interval '7 days'
        CONSTRAINT ledger_waiver_expiry CHECK (
            expires_at > asked_at AND expires_at <= asked_at + interval '7 days'),
    state text NOT NULL DEFAULT 'asked' CONSTRAINT ledger_waiver_state CHECK (
        state IN ('asked', 'confirmed', 'withdrawn')),
    decided_by uuid CONSTRAINT ledger_waiver_decided_by REFERENCES overt.principal (id),
    decided_at timestamptz,
    CONSTRAINT ledger_waiver_decided CHECK (
        (state = 'asked') = (decided_by IS NULL)
        AND (decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT ledger_waiver_two_people CHECK (state <> 'confirmed' OR decided_by <> asked_by)
);
CREATE INDEX ledger_waiver_by_time ON overt.ledger_waiver (asked_at, id);
CREATE INDEX ledger_waiver_by_deployment ON overt.ledger_waiver (deployment_id);
COMMENT ON TABLE overt.ledger_waiver IS
    'Decisions to erase a list that cannot be written into the ledger any more: asked for by data protection, confirmed by an authorising officer. Never deleted';
COMMENT ON COLUMN overt.ledger_waiver.id IS 'Random';
COMMENT ON COLUMN overt.ledger_waiver.deployment_id IS 'Whose list';
COMMENT ON COLUMN overt.ledger_waiver.reason IS
    'list_key_lost: nobody can read the references any more; ledger_key_lost: nobody can make pseudonyms';
COMMENT ON COLUMN overt.ledger_waiver.asked_by IS 'A person of data protection';
COMMENT ON COLUMN overt.ledger_waiver.asked_at IS 'When, by the database''s clock';
COMMENT ON COLUMN overt.ledger_waiver.expires_at IS 'It is not confirmed after this';
COMMENT ON COLUMN overt.ledger_waiver.state IS 'asked, confirmed or withdrawn';
COMMENT ON COLUMN overt.ledger_waiver.decided_by IS 'Who confirmed or withdrew it';
COMMENT ON COLUMN overt.ledger_waiver.decided_at IS 'When, by the database''s clock';

CREATE FUNCTION overt.ledger_waiver_check_new(waiver overt.ledger_waiver) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    state_now text;
BEGIN
    -- The lock: whoever erases the list holds it too.
    SELECT state INTO state_now FROM overt.deployment WHERE id = waiver.deployment_id FOR UPDATE;
    IF state_now NOT IN ('closed', 'refused', 'cancelled') THEN
        RAISE EXCEPTION 'the list of a deployment in state % is not erased', state_now
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_state';
    END IF;
    IF EXISTS (SELECT FROM overt.list_erasure WHERE deployment_id = waiver.deployment_id) THEN
        RAISE EXCEPTION 'the erasure has begun, and with it the ledger is settled'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_waiver_late';
    END IF;
    IF EXISTS (SELECT FROM overt.ledger_waiver AS other
               WHERE other.deployment_id = waiver.deployment_id AND other.reason = waiver.reason
                 AND (other.state = 'confirmed'
                      OR (other.state = 'asked' AND now() < other.expires_at))) THEN
        RAISE EXCEPTION 'this is asked for, or decided, already'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_waiver_once';
    END IF;
    IF waiver.state <> 'asked' THEN
        RAISE EXCEPTION 'a waiver begins by being asked for'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_waiver_step';
    END IF;
    PERFORM overt.require_role(waiver.asked_by, 'data_protection');
END
$body$;
COMMENT ON FUNCTION overt.ledger_waiver_check_new(overt.ledger_waiver) IS
    'Fails unless data protection asks, once, for the list of an ended deployment that is not being erased';

CREATE FUNCTION overt.ledger_waiver_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    free text[] := ARRAY['state', 'decided_by', 'decided_at'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.asked_at := now();
        NEW.expires_at := now() + interval '7 days';
        PERFORM overt.ledger_waiver_check_new(NEW);
        RETURN NEW;
    END IF;
    IF OLD.state <> 'asked' OR NEW.state = 'asked'
       OR to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free THEN
        RAISE EXCEPTION 'a waiver is decided on once and does not change otherwise'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_waiver_step';
    END IF;
    NEW.decided_at := now();
    IF NEW.state = 'withdrawn' THEN
        PERFORM overt.require_role(NEW.decided_by, 'data_protection');
        RETURN NEW;
    END IF;
    IF NEW.decided_by = OLD.asked_by THEN
        RAISE EXCEPTION 'another person confirms'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_waiver_two_people';
    END IF;
    IF now() >= OLD.expires_at THEN
        RAISE EXCEPTION 'the request has expired'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_waiver_expired';
    END IF;
    PERFORM overt.require_role(NEW.decided_by, 'authorising_officer');
    PERFORM overt.require_role(OLD.asked_by, 'data_protection');
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.ledger_waiver_check() IS
    'Trigger: data protection asks, another person who is an authorising officer confirms within seven days';
CREATE TRIGGER ledger_waiver_check BEFORE INSERT OR UPDATE ON overt.ledger_waiver
    FOR EACH ROW EXECUTE FUNCTION overt.ledger_waiver_check();
CREATE CONSTRAINT TRIGGER ledger_waiver_audited
    AFTER INSERT OR UPDATE ON overt.ledger_waiver DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

ALTER TABLE overt.list_erasure ADD COLUMN waiver_id uuid
    CONSTRAINT list_erasure_waiver REFERENCES overt.ledger_waiver (id);
COMMENT ON COLUMN overt.list_erasure.waiver_id IS
    'By whose decision the ledger was left out; null also for an erasure from before that took two';
COMMENT ON COLUMN overt.list_erasure.ledger IS
    'written; waived: two people decided to erase without; key_gone: until that took two, the list''s key was lost before and with it the references';

DROP FUNCTION overt.erasure_without_ledger(uuid, text);
CREATE FUNCTION overt.erasure_without_ledger(for_deployment uuid, by_waiver uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    erasure overt.list_erasure := overt.erasure_at(for_deployment);
    waiver overt.ledger_waiver;
BEGIN
    IF erasure.ledger_at IS NOT NULL THEN
        RAISE EXCEPTION 'the ledger is settled already'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_order';
    END IF;
    SELECT * INTO waiver FROM overt.ledger_waiver
    WHERE id = by_waiver AND deployment_id = for_deployment AND state = 'confirmed';
    IF waiver.id IS NULL
       OR (waiver.reason = 'list_key_lost' AND erasure.key_missing_at IS NULL) THEN
        RAISE EXCEPTION 'it takes two people to leave the ledger out, for this very reason'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_not_waived';
    END IF;
    IF NOT EXISTS (SELECT FROM overt.alarm
                   WHERE code = 'erasure.ledger_waived' AND object_id = waiver.id) THEN
        RAISE EXCEPTION 'nobody was told that the ledger is left out'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_waiver_alarm';
    END IF;
    UPDATE overt.list_erasure
    SET ledger = 'waived', ledger_at = clock_timestamp(), waiver_id = waiver.id
    WHERE deployment_id = for_deployment;
END
$body$;
COMMENT ON FUNCTION overt.erasure_without_ledger(uuid, uuid) IS
    'Goes on without a ledger, as two people decided; with an alarm that says so';

CREATE FUNCTION overt.ledger_waiver_alarm_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF EXISTS (SELECT FROM overt.ledger_waiver
               WHERE id = NEW.object_id AND NEW.cleared_by IN (asked_by, decided_by)) THEN
        RAISE EXCEPTION 'neither of the two who left the ledger out clears the alarm'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alarm_two_people';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.ledger_waiver_alarm_check() IS
    'Trigger: the alarm of a waiver is cleared by neither of its two';
CREATE TRIGGER alarm_ledger_waiver BEFORE UPDATE ON overt.alarm
    FOR EACH ROW WHEN (NEW.code = 'erasure.ledger_waived')
    EXECUTE FUNCTION overt.ledger_waiver_alarm_check();

GRANT SELECT, INSERT (id, deployment_id, reason, asked_by), UPDATE (state, decided_by)
    ON overt.ledger_waiver TO overt_server;
GRANT EXECUTE ON FUNCTION overt.erasure_key_missing(uuid),
    overt.erasure_key_destroyed(uuid, integer), overt.erasure_without_ledger(uuid, uuid)
    TO overt_server;

RESET ROLE;

-- migrate:down

SET LOCAL ROLE overt_owner;
DROP TRIGGER alarm_ledger_waiver ON overt.alarm;
DROP FUNCTION overt.ledger_waiver_alarm_check();
DROP FUNCTION overt.erasure_without_ledger(uuid, uuid);
CREATE FUNCTION overt.erasure_without_ledger(for_deployment uuid, why text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    erasure overt.list_erasure := overt.erasure_at(for_deployment);
BEGIN
    -- To waive it takes a person who asked for this erasure; the keeper never does.
    IF erasure.ledger_at IS NOT NULL OR why NOT IN ('key_gone', 'waived')
       OR (why = 'waived' AND erasure.asked_by IS NULL) THEN
        RAISE EXCEPTION 'the ledger is not to be left out here'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_order';
    END IF;
    UPDATE overt.list_erasure SET ledger = why, ledger_at = clock_timestamp()
    WHERE deployment_id = for_deployment;
END
$body$;
COMMENT ON FUNCTION overt.erasure_without_ledger(uuid, text) IS
    'Goes on without a ledger: the references cannot be read any more, or a person so decided';
GRANT EXECUTE ON FUNCTION overt.erasure_without_ledger(uuid, text) TO overt_server;
COMMENT ON COLUMN overt.list_erasure.ledger IS
    'written; key_gone: the list''s key was lost before and with it the references; waived: a person decided to erase without';
ALTER TABLE overt.list_erasure DROP COLUMN waiver_id;
DROP FUNCTION overt.ledger_waiver_check_new(overt.ledger_waiver);
DROP TABLE overt.ledger_waiver;
DROP FUNCTION overt.ledger_waiver_check();

CREATE OR REPLACE FUNCTION audit.write_membership(for_deployment uuid, pseudonyms bytea, unreadable_entries integer)
    RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    erasure overt.list_erasure := overt.erasure_at(for_deployment);
    approved bigint;
    written integer;
    first_one date;
    last_one date;
BEGIN
    IF erasure.ledger_at IS NOT NULL THEN
        RAISE EXCEPTION 'the ledger has this list already'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_order';
    END IF;
    SELECT count(*), (min(approved_at) AT TIME ZONE 'UTC')::date INTO approved, first_one
    FROM watchlist.entry WHERE deployment_id = for_deployment AND approved_at IS NOT NULL;
    SELECT (closed_at AT TIME ZONE 'UTC')::date INTO last_one
    FROM overt.deployment WHERE id = for_deployment;
    INSERT INTO audit.membership (deployment_id, pseudonym, first_day, last_day)
    SELECT for_deployment, one.pseudonym, least(first_one, last_one), last_one
    FROM (SELECT DISTINCT substring(pseudonyms FROM 32 * n + 1 FOR 32) AS pseudonym
          FROM generate_series(0, octet_length(pseudonyms) / 32 - 1) AS n) AS one
    ORDER BY one.pseudonym;
    GET DIAGNOSTICS written = ROW_COUNT;
    -- One reference may have come twice (withdrawn and added again), so fewer are possible, not more.
    IF octet_length(pseudonyms) % 32 <> 0 OR unreadable_entries < 0
       OR octet_length(pseudonyms) / 32 + unreadable_entries > approved
       OR (written + unreadable_entries = 0 AND approved > 0) THEN
        RAISE EXCEPTION '% pseudonyms and % unreadable do not fit % approved entries',
                        written, unreadable_entries, approved
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_count';
    END IF;
    UPDATE overt.list_erasure
    SET ledger = 'written', ledger_at = clock_timestamp(), subjects = written,
        unreadable = unreadable_entries
    WHERE deployment_id = for_deployment;
    RETURN written;
END
$body$;
COMMENT ON FUNCTION audit.write_membership(uuid, bytea, integer) IS
    'Writes the ledger of a list that is being erased: the one way. Returns how many subjects it holds';

CREATE OR REPLACE FUNCTION overt.erasure_begin(for_deployment uuid, asked uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    state_now text;
    due timestamptz := overt.list_due_at(for_deployment);
BEGIN
    SELECT state INTO state_now FROM overt.deployment WHERE id = for_deployment FOR UPDATE;
    IF state_now IS NULL OR state_now NOT IN ('closed', 'refused', 'cancelled') THEN
        RAISE EXCEPTION 'the list of a deployment in state % is not erased', state_now
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_state';
    END IF;
    IF asked IS NOT NULL THEN
        PERFORM overt.require_person(asked);
    ELSIF clock_timestamp() < due THEN
        RAISE EXCEPTION 'the list is not due before %', due
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_not_due';
    END IF;
    INSERT INTO overt.list_erasure (deployment_id, due_at, begun_at, asked_by, entries, images)
    SELECT for_deployment, due, clock_timestamp(), asked,
           (SELECT count(*) FROM watchlist.entry WHERE deployment_id = for_deployment),
           (SELECT count(*) FROM watchlist.image WHERE deployment_id = for_deployment);
END
$body$;
COMMENT ON FUNCTION overt.erasure_begin(uuid, uuid) IS
    'Begins to erase the list of an ended deployment: when it is due by the database''s clock, or earlier by a person''s decision';

DROP FUNCTION overt.erasure_key_destroyed(uuid, integer);
CREATE FUNCTION overt.erasure_key_destroyed(for_deployment uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    erasure overt.list_erasure := overt.erasure_at(for_deployment);
BEGIN
    IF erasure.ledger_at IS NULL THEN
        RAISE EXCEPTION 'the ledger comes before the key goes'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_order';
    END IF;
    UPDATE overt.list_erasure SET key_destroyed_at = clock_timestamp()
    WHERE deployment_id = for_deployment AND key_destroyed_at IS NULL;
END
$body$;
COMMENT ON FUNCTION overt.erasure_key_destroyed(uuid) IS
    'The server has destroyed the key, which the database cannot see';
GRANT EXECUTE ON FUNCTION overt.erasure_key_destroyed(uuid) TO overt_server;

DROP FUNCTION overt.erasure_key_missing(uuid);
ALTER TABLE overt.list_erasure DROP COLUMN keys, DROP COLUMN key_missing_at;
RESET ROLE;
