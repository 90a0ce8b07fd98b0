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

GRANT EXECUTE ON FUNCTION overt.erasure_key_missing(uuid),
    overt.erasure_key_destroyed(uuid, integer) TO overt_server;

RESET ROLE;

-- migrate:down

SET LOCAL ROLE overt_owner;
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
