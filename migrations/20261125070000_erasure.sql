-- migrate:up

SET LOCAL ROLE overt_owner;

-- --- the membership ledger -----------------------------------------------------------------------

CREATE TABLE audit.membership (
    deployment_id uuid NOT NULL,
    pseudonym bytea NOT NULL
        CONSTRAINT membership_pseudonym CHECK (octet_length(pseudonym) = 32),
    first_day date NOT NULL,
    last_day date NOT NULL,
    CONSTRAINT membership_key PRIMARY KEY (pseudonym, deployment_id),
    CONSTRAINT membership_days CHECK (last_day >= first_day)
);
CREATE INDEX membership_by_deployment ON audit.membership (deployment_id);
COMMENT ON TABLE audit.membership IS
    'Who was ever approved on which list, as pseudonyms; written when the list is erased, all at once and sorted. Append-only';
COMMENT ON COLUMN audit.membership.deployment_id IS
    'The deployment; no foreign key, so that a replica of this schema stands alone';
COMMENT ON COLUMN audit.membership.pseudonym IS
    'HMAC-SHA-256(ledger key, the force''s reference for the subject)';
COMMENT ON COLUMN audit.membership.first_day IS
    'UTC day of the list''s first approval: the same for all its subjects, for a date of one''s own would lead to one''s entry';
COMMENT ON COLUMN audit.membership.last_day IS 'UTC day on which the deployment ended, likewise';

CREATE TRIGGER membership_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.membership
    FOR EACH STATEMENT EXECUTE FUNCTION overt.refuse_change();
ALTER TABLE audit.membership ENABLE ALWAYS TRIGGER membership_append_only;

CREATE TABLE overt.ledger_key (
    only_one boolean NOT NULL DEFAULT true
        CONSTRAINT ledger_key_key PRIMARY KEY
        CONSTRAINT ledger_key_only_one CHECK (only_one),
    fingerprint bytea NOT NULL
        CONSTRAINT ledger_key_fingerprint CHECK (octet_length(fingerprint) = 32),
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE overt.ledger_key IS
    'By what the ledger''s key is known: with another one its pseudonyms would answer no question. Never changed';
COMMENT ON COLUMN overt.ledger_key.only_one IS 'There is one';
COMMENT ON COLUMN overt.ledger_key.fingerprint IS
    'HMAC-SHA-256 of a fixed text that no reference can be, under the key: tells nothing of it';
COMMENT ON COLUMN overt.ledger_key.made_at IS 'When it became the ledger''s key';
CREATE TRIGGER ledger_key_fixed
    BEFORE UPDATE OR DELETE OR TRUNCATE ON overt.ledger_key
    FOR EACH STATEMENT EXECUTE FUNCTION overt.refuse_change();
CREATE CONSTRAINT TRIGGER ledger_key_audited
    AFTER INSERT ON overt.ledger_key DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

-- --- the erasure of a list, step by step ---------------------------------------------------------

CREATE TABLE overt.list_erasure (
    deployment_id uuid
        CONSTRAINT list_erasure_key PRIMARY KEY
        CONSTRAINT list_erasure_deployment REFERENCES overt.deployment (id),
    due_at timestamptz NOT NULL,
    begun_at timestamptz NOT NULL,
    early_by uuid
        CONSTRAINT list_erasure_early_by REFERENCES overt.principal (id),
    entries integer NOT NULL,
    images integer NOT NULL,
    ledger text
        CONSTRAINT list_erasure_ledger CHECK (ledger IN ('written', 'key_gone', 'waived')),
    ledger_at timestamptz,
    subjects integer,
    unreadable integer,
    key_destroyed_at timestamptz,
    dropped_at timestamptz,
    certified_at timestamptz,
    certificate bytea
        CONSTRAINT list_erasure_certificate CHECK (octet_length(certificate) = 32),
    CONSTRAINT list_erasure_order CHECK (
        (ledger IS NULL) = (ledger_at IS NULL)
        AND (ledger = 'written' OR (subjects IS NULL AND unreadable IS NULL))
        AND (ledger IS DISTINCT FROM 'written' OR subjects + unreadable >= 0)
        AND (key_destroyed_at IS NULL OR ledger_at IS NOT NULL)
        AND (dropped_at IS NULL OR key_destroyed_at IS NOT NULL)
        AND (certified_at IS NULL OR dropped_at IS NOT NULL)
        AND (certified_at IS NULL) = (certificate IS NULL))
);
COMMENT ON TABLE overt.list_erasure IS
    'How far the erasure of a deployment''s list has come; each step once, in this order, by the functions below only';
COMMENT ON COLUMN overt.list_erasure.deployment_id IS 'Whose list';
COMMENT ON COLUMN overt.list_erasure.due_at IS 'By when it had to be erased';
COMMENT ON COLUMN overt.list_erasure.begun_at IS 'When it began, by the database''s clock like all times here';
COMMENT ON COLUMN overt.list_erasure.early_by IS 'Who asked for it before it was due, if anybody did';
COMMENT ON COLUMN overt.list_erasure.entries IS 'Entries there were, in any state';
COMMENT ON COLUMN overt.list_erasure.images IS 'Images there were';
COMMENT ON COLUMN overt.list_erasure.ledger IS
    'written; key_gone: the list''s key was lost before and with it the references; waived: a person decided to erase without';
COMMENT ON COLUMN overt.list_erasure.ledger_at IS 'When that was settled';
COMMENT ON COLUMN overt.list_erasure.subjects IS 'Subjects in the ledger';
COMMENT ON COLUMN overt.list_erasure.unreadable IS 'Approved entries whose reference did not open';
COMMENT ON COLUMN overt.list_erasure.key_destroyed_at IS 'When the server had destroyed the list''s key';
COMMENT ON COLUMN overt.list_erasure.dropped_at IS 'When the list''s tables were dropped';
COMMENT ON COLUMN overt.list_erasure.certified_at IS 'When nothing was found to be left';
COMMENT ON COLUMN overt.list_erasure.certificate IS 'SHA-256 of the deletion certificate';
CREATE CONSTRAINT TRIGGER list_erasure_audited
    AFTER INSERT OR UPDATE OR DELETE ON overt.list_erasure DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

CREATE FUNCTION overt.list_due_at(for_deployment uuid) RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT closed_at + interval '24 hours' FROM overt.deployment WHERE id = for_deployment
$body$;
COMMENT ON FUNCTION overt.list_due_at(uuid) IS
    'By when a deployment''s list has to be erased; null as long as it has not ended';

CREATE FUNCTION overt.erasure_begin(for_deployment uuid, early uuid) RETURNS void
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
    IF early IS NOT NULL THEN
        PERFORM overt.require_person(early);
    ELSIF clock_timestamp() < due THEN
        RAISE EXCEPTION 'the list is not due before %', due
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_not_due';
    END IF;
    INSERT INTO overt.list_erasure (deployment_id, due_at, begun_at, early_by, entries, images)
    SELECT for_deployment, due, clock_timestamp(), early,
           (SELECT count(*) FROM watchlist.entry WHERE deployment_id = for_deployment),
           (SELECT count(*) FROM watchlist.image WHERE deployment_id = for_deployment);
END
$body$;
COMMENT ON FUNCTION overt.erasure_begin(uuid, uuid) IS
    'Begins to erase the list of an ended deployment: when it is due by the database''s clock, or early by a person''s decision';

CREATE FUNCTION overt.erasure_at(for_deployment uuid) RETURNS overt.list_erasure
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    erasure overt.list_erasure;
BEGIN
    SELECT * INTO erasure FROM overt.list_erasure WHERE deployment_id = for_deployment FOR UPDATE;
    IF erasure.deployment_id IS NULL THEN
        RAISE EXCEPTION 'the erasure of this list has not begun'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_order';
    END IF;
    RETURN erasure;
END
$body$;
COMMENT ON FUNCTION overt.erasure_at(uuid) IS 'The row, locked; fails when there is none';

-- The pseudonyms come as one value and are sorted here, in one statement of one transaction: their
-- order, their place and xmin tell nothing of the order in which entries were made.
CREATE FUNCTION audit.write_membership(for_deployment uuid, pseudonyms bytea, unreadable_entries integer)
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

CREATE FUNCTION overt.erasure_without_ledger(for_deployment uuid, why text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    erasure overt.list_erasure := overt.erasure_at(for_deployment);
BEGIN
    -- To waive it takes a person who asked for this erasure; the keeper never does.
    IF erasure.ledger_at IS NOT NULL OR why NOT IN ('key_gone', 'waived')
       OR (why = 'waived' AND erasure.early_by IS NULL) THEN
        RAISE EXCEPTION 'the ledger is not to be left out here'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_order';
    END IF;
    UPDATE overt.list_erasure SET ledger = why, ledger_at = clock_timestamp()
    WHERE deployment_id = for_deployment;
END
$body$;
COMMENT ON FUNCTION overt.erasure_without_ledger(uuid, text) IS
    'Goes on without a ledger: the references cannot be read any more, or a person so decided';

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

GRANT SELECT ON audit.membership TO overt_server, overt_oversight;
GRANT SELECT, INSERT ON overt.ledger_key TO overt_server;
GRANT SELECT ON overt.list_erasure TO overt_server;
GRANT EXECUTE ON FUNCTION overt.list_due_at(uuid), overt.erasure_begin(uuid, uuid),
    audit.write_membership(uuid, bytea, integer), overt.erasure_without_ledger(uuid, text),
    overt.erasure_key_destroyed(uuid) TO overt_server;

RESET ROLE;

-- migrate:down

DROP FUNCTION overt.erasure_key_destroyed(uuid);
DROP FUNCTION overt.erasure_without_ledger(uuid, text);
DROP FUNCTION audit.write_membership(uuid, bytea, integer);
DROP FUNCTION overt.erasure_at(uuid);
DROP FUNCTION overt.erasure_begin(uuid, uuid);
DROP FUNCTION overt.list_due_at(uuid);
DROP TABLE overt.list_erasure;
DROP TABLE overt.ledger_key;
DROP TABLE audit.membership;
