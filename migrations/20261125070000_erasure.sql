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
    asked_by uuid
        CONSTRAINT list_erasure_asked_by REFERENCES overt.principal (id),
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
COMMENT ON COLUMN overt.list_erasure.asked_by IS 'Who asked for it by command, which may be before it was due; empty: the keeper did it';
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
    SELECT CASE WHEN end_reason IN ('urgent_refused', 'urgent_lapsed') THEN closed_at
                ELSE closed_at + retention_watchlist_h * interval '1 hour' END
    FROM overt.deployment WHERE id = for_deployment
$body$;
COMMENT ON FUNCTION overt.list_due_at(uuid) IS
    'By when a deployment''s list has to be erased: at once where its urgent use was not authorised afterwards; null as long as it has not ended';

CREATE FUNCTION overt.erasure_begin(for_deployment uuid, asked uuid) RETURNS void
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

-- The table's lock comes with a limit: whoever calls tries again when it does not come in time.
CREATE OR REPLACE FUNCTION watchlist.drop_partitions(for_deployment uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $body$
DECLARE
    suffix text := replace(for_deployment::text, '-', '');
    deployment_state text;
    destroyed timestamptz;
    parents text[] := watchlist.parents();
    parent text;
BEGIN
    SELECT state INTO deployment_state FROM overt.deployment WHERE id = for_deployment FOR UPDATE;
    IF deployment_state IS NULL
       OR deployment_state NOT IN ('closed', 'refused', 'cancelled', 'erased') THEN
        RAISE EXCEPTION 'the watchlist of a deployment in state % is in use', deployment_state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'watchlist_deployment_state';
    END IF;
    SELECT key_destroyed_at INTO destroyed FROM overt.list_erasure
    WHERE deployment_id = for_deployment;
    IF destroyed IS NULL THEN
        RAISE EXCEPTION 'ledger and key come before the tables'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_order';
    END IF;
    -- What refers to entries first. DETACH needs the parent alone for a moment.
    FOR i IN REVERSE cardinality(parents)..1 LOOP
        parent := parents[i];
        IF to_regclass(format('watchlist.%I', parent || '_' || suffix)) IS NOT NULL THEN
            IF EXISTS (SELECT FROM pg_inherits
                       WHERE inhrelid = to_regclass(format('watchlist.%I',
                                                           parent || '_' || suffix))) THEN
                EXECUTE format('ALTER TABLE watchlist.%I DETACH PARTITION watchlist.%I',
                               parent, parent || '_' || suffix);
            END IF;
            EXECUTE format('DROP TABLE watchlist.%I', parent || '_' || suffix);
        END IF;
    END LOOP;
    UPDATE overt.list_erasure SET dropped_at = clock_timestamp()
    WHERE deployment_id = for_deployment AND dropped_at IS NULL;
END
$body$;
COMMENT ON FUNCTION watchlist.drop_partitions(uuid) IS
    'Drops the tables of a list whose ledger is written and whose key is destroyed; fine when they are gone';

CREATE FUNCTION overt.list_left(for_deployment uuid) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT (SELECT count(*) FROM pg_class
            WHERE relnamespace = 'watchlist'::regnamespace
              AND relname LIKE '%' || replace(for_deployment::text, '-', '') || '%')
         + (SELECT count(*) FROM watchlist.entry WHERE deployment_id = for_deployment)
         + (SELECT count(*) FROM watchlist.image WHERE deployment_id = for_deployment)
$body$;
COMMENT ON FUNCTION overt.list_left(uuid) IS
    'Tables, indexes and rows that there are of a deployment''s list: none once it is erased';

CREATE FUNCTION overt.deployment_check_erased() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF NOT EXISTS (SELECT FROM overt.list_erasure
                   WHERE deployment_id = NEW.id AND certified_at IS NOT NULL)
       OR overt.list_left(NEW.id) > 0 THEN
        RAISE EXCEPTION 'the watchlist of the deployment is still there, or not certified as gone'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_not_erased';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.deployment_check_erased() IS
    'Trigger: a deployment is erased when its list is, with a certificate';
CREATE TRIGGER deployment_3_erased BEFORE UPDATE OF state ON overt.deployment
    FOR EACH ROW WHEN (NEW.state = 'erased') EXECUTE FUNCTION overt.deployment_check_erased();

CREATE FUNCTION overt.erasure_certified(for_deployment uuid, document_digest bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    erasure overt.list_erasure := overt.erasure_at(for_deployment);
BEGIN
    IF erasure.dropped_at IS NULL OR erasure.certified_at IS NOT NULL
       OR overt.list_left(for_deployment) > 0
       OR NOT EXISTS (SELECT FROM audit.document
                      WHERE digest = document_digest AND kind = 'deletion_certificate'
                        AND deployment_id = for_deployment) THEN
        RAISE EXCEPTION 'there is nothing to certify here, or something is left'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_order';
    END IF;
    UPDATE overt.list_erasure
    SET certified_at = clock_timestamp(), certificate = document_digest
    WHERE deployment_id = for_deployment;
END
$body$;
COMMENT ON FUNCTION overt.erasure_certified(uuid, bytea) IS
    'Notes the deletion certificate, if nothing of the list is left in the database';

-- --- alerts --------------------------------------------------------------------------------------

-- What was raised before there was this clock gets a day from now.
ALTER TABLE overt.alert ADD COLUMN erase_at timestamptz NOT NULL DEFAULT now() + interval '24 hours';
ALTER TABLE overt.alert ALTER COLUMN erase_at DROP DEFAULT;
CREATE INDEX alert_due ON overt.alert (erase_at);
COMMENT ON COLUMN overt.alert.erase_at IS
    'From when on it is to be erased; set by the database when it is raised, and never moved by the server';

CREATE CONSTRAINT TRIGGER alert_erasure_audited
    AFTER DELETE ON overt.alert DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

CREATE OR REPLACE FUNCTION overt.alert_check_new() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    authority overt.deployment;
BEGIN
    -- Held to the end of the transaction: no state change slips between the check and the commit.
    SELECT * INTO authority FROM overt.deployment WHERE id = NEW.deployment_id FOR SHARE;
    IF authority.state IS NULL OR authority.state NOT IN ('live', 'paused')
       OR NEW.received_at < authority.went_live_at OR NEW.received_at >= authority.ends_at
       OR (authority.state = 'paused' AND NEW.received_at > authority.state_at) THEN
        RAISE EXCEPTION 'the probe was not received while its deployment was live'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alert_no_authority';
    END IF;
    IF NEW.threshold < authority.threshold THEN
        RAISE EXCEPTION 'the threshold is below the authorised one'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alert_below_threshold';
    END IF;
    IF NOT EXISTS (SELECT FROM overt.deployment_site
                   WHERE deployment_id = NEW.deployment_id AND site_id = NEW.site_id) THEN
        RAISE EXCEPTION 'the deployment takes no probes from this site'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alert_no_authority';
    END IF;
    IF NOT EXISTS (SELECT FROM watchlist.entry
                   WHERE deployment_id = NEW.deployment_id AND id = NEW.entry_id
                     AND state = 'approved') THEN
        RAISE EXCEPTION 'the entry is not, or no longer, approved'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alert_entry_not_approved';
    END IF;
    IF NEW.crop_state <> 'awaited' THEN
        RAISE EXCEPTION 'an alert begins without a crop'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alert_crop_step';
    END IF;

    -- A server whose clock is ahead keeps nothing for longer.
    NEW.erase_at := least(NEW.raised_at, clock_timestamp())
                    + authority.retention_alert_h * interval '1 hour';

    INSERT INTO overt.alert_feed AS feed (deployment_id, last_number)
    VALUES (NEW.deployment_id, 1)
    ON CONFLICT (deployment_id) DO UPDATE SET last_number = feed.last_number + 1
    RETURNING last_number INTO NEW.feed_number;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.alert_check_new() IS
    'Trigger: no authority, no alert; its clock; and the next feed number';

CREATE FUNCTION overt.alert_is_held(for_alert uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT false
$body$;
COMMENT ON FUNCTION overt.alert_is_held(uuid) IS
    'Whether a decision of two keeps the alert as evidence past its time; until there are such decisions, none is';

CREATE FUNCTION overt.alert_is_due(for_alert uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT (clock_timestamp() >= found.erase_at
            OR authority.end_reason IN ('urgent_refused', 'urgent_lapsed') IS TRUE)
           AND NOT overt.alert_is_held(found.id)
    FROM overt.alert AS found
    JOIN overt.deployment AS authority ON authority.id = found.deployment_id
    WHERE found.id = for_alert
$body$;
COMMENT ON FUNCTION overt.alert_is_due(uuid) IS
    'Whether the alert has to go now: its time is over by the database''s clock, or its urgent use was not authorised afterwards; null when there is none';

CREATE FUNCTION overt.erase_alert(for_alert uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    PERFORM FROM overt.alert WHERE id = for_alert FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF NOT overt.alert_is_due(for_alert) THEN
        RAISE EXCEPTION 'the alert is not due, or held as evidence'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alert_not_due';
    END IF;
    DELETE FROM overt.alert WHERE id = for_alert;
    RETURN true;
END
$body$;
COMMENT ON FUNCTION overt.erase_alert(uuid) IS
    'Deletes an alert whose time is over and that is not held; the one way in which an alert goes. False: it is gone';

GRANT SELECT ON audit.membership TO overt_server, overt_oversight;
GRANT SELECT, INSERT ON overt.ledger_key TO overt_server;
GRANT SELECT ON overt.list_erasure TO overt_server;
GRANT EXECUTE ON FUNCTION overt.list_due_at(uuid), overt.erasure_begin(uuid, uuid),
    audit.write_membership(uuid, bytea, integer), overt.erasure_without_ledger(uuid, text),
    overt.erasure_key_destroyed(uuid), overt.list_left(uuid), overt.erasure_certified(uuid, bytea),
    overt.alert_is_held(uuid), overt.alert_is_due(uuid), overt.erase_alert(uuid) TO overt_server;

RESET ROLE;

-- migrate:down

SET LOCAL ROLE overt_owner;
DROP FUNCTION overt.erase_alert(uuid);
DROP FUNCTION overt.alert_is_due(uuid);
DROP FUNCTION overt.alert_is_held(uuid);
CREATE OR REPLACE FUNCTION overt.alert_check_new() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    authority overt.deployment;
BEGIN
    -- Held to the end of the transaction: no state change slips between the check and the commit.
    SELECT * INTO authority FROM overt.deployment WHERE id = NEW.deployment_id FOR SHARE;
    IF authority.state IS NULL OR authority.state NOT IN ('live', 'paused')
       OR NEW.received_at < authority.went_live_at OR NEW.received_at >= authority.ends_at
       OR (authority.state = 'paused' AND NEW.received_at > authority.state_at) THEN
        RAISE EXCEPTION 'the probe was not received while its deployment was live'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alert_no_authority';
    END IF;
    IF NEW.threshold < authority.threshold THEN
        RAISE EXCEPTION 'the threshold is below the authorised one'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alert_below_threshold';
    END IF;
    IF NOT EXISTS (SELECT FROM overt.deployment_site
                   WHERE deployment_id = NEW.deployment_id AND site_id = NEW.site_id) THEN
        RAISE EXCEPTION 'the deployment takes no probes from this site'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alert_no_authority';
    END IF;
    IF NOT EXISTS (SELECT FROM watchlist.entry
                   WHERE deployment_id = NEW.deployment_id AND id = NEW.entry_id
                     AND state = 'approved') THEN
        RAISE EXCEPTION 'the entry is not, or no longer, approved'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alert_entry_not_approved';
    END IF;
    IF NEW.crop_state <> 'awaited' THEN
        RAISE EXCEPTION 'an alert begins without a crop'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alert_crop_step';
    END IF;

    INSERT INTO overt.alert_feed AS feed (deployment_id, last_number)
    VALUES (NEW.deployment_id, 1)
    ON CONFLICT (deployment_id) DO UPDATE SET last_number = feed.last_number + 1
    RETURNING last_number INTO NEW.feed_number;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.alert_check_new() IS
    'Trigger: no authority, no alert; and the next feed number';
DROP TRIGGER alert_erasure_audited ON overt.alert;
ALTER TABLE overt.alert DROP COLUMN erase_at;
DROP FUNCTION overt.erasure_certified(uuid, bytea);
DROP TRIGGER deployment_3_erased ON overt.deployment;
DROP FUNCTION overt.deployment_check_erased();
DROP FUNCTION overt.list_left(uuid);
CREATE OR REPLACE FUNCTION watchlist.drop_partitions(for_deployment uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $body$
DECLARE
    suffix text := replace(for_deployment::text, '-', '');
    deployment_state text;
    parents text[] := watchlist.parents();
    parent text;
BEGIN
    SELECT state INTO deployment_state FROM overt.deployment WHERE id = for_deployment FOR SHARE;
    IF deployment_state IS NULL
       OR deployment_state NOT IN ('closed', 'refused', 'cancelled', 'erased') THEN
        RAISE EXCEPTION 'the watchlist of a deployment in state % is in use', deployment_state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'watchlist_deployment_state';
    END IF;
    -- What refers to entries first. DETACH needs the parent alone for a moment; whoever calls tries
    -- again when the lock does not come in time.
    FOR i IN REVERSE cardinality(parents)..1 LOOP
        parent := parents[i];
        IF to_regclass(format('watchlist.%I', parent || '_' || suffix)) IS NOT NULL THEN
            EXECUTE format('ALTER TABLE watchlist.%I DETACH PARTITION watchlist.%I',
                           parent, parent || '_' || suffix);
            EXECUTE format('DROP TABLE watchlist.%I', parent || '_' || suffix);
        END IF;
    END LOOP;
END
$body$;
COMMENT ON FUNCTION watchlist.drop_partitions(uuid) IS
    'Drops the tables of an ended deployment''s watchlist; fine when they are gone';

DROP FUNCTION overt.erasure_key_destroyed(uuid);
DROP FUNCTION overt.erasure_without_ledger(uuid, text);
DROP FUNCTION audit.write_membership(uuid, bytea, integer);
DROP FUNCTION overt.erasure_at(uuid);
DROP FUNCTION overt.erasure_begin(uuid, uuid);
DROP FUNCTION overt.list_due_at(uuid);
DROP TABLE overt.list_erasure;
DROP TABLE overt.ledger_key;
DROP TABLE audit.membership;
RESET ROLE;
