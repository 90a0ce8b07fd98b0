-- migrate:up

SET LOCAL ROLE overt_owner;

-- --- alerts that are kept as evidence ------------------------------------------------------------

CREATE TABLE overt.evidence_ground (
    outcome text NOT NULL,
    kind text NOT NULL,
    brought_by text NOT NULL,
    CONSTRAINT evidence_ground_key PRIMARY KEY (outcome, kind, brought_by)
);
COMMENT ON TABLE overt.evidence_ground IS
    'For what an alert may be kept as evidence: a false one only for a complaint or proceedings by the person concerned';
COMMENT ON COLUMN overt.evidence_ground.outcome IS
    'What was found about the alert: unadjudicated, true, confirmed_true, false, confirmed_false, cannot_tell';
COMMENT ON COLUMN overt.evidence_ground.kind IS 'proceedings or complaint';
COMMENT ON COLUMN overt.evidence_ground.brought_by IS
    'By whom: subject (the person the alert is about), or other';
INSERT INTO overt.evidence_ground VALUES
    ('unadjudicated', 'proceedings', 'other'),
    ('unadjudicated', 'proceedings', 'subject'),
    ('unadjudicated', 'complaint', 'subject'),
    ('true', 'proceedings', 'other'),
    ('true', 'proceedings', 'subject'),
    ('true', 'complaint', 'subject'),
    ('confirmed_true', 'proceedings', 'other'),
    ('confirmed_true', 'proceedings', 'subject'),
    ('confirmed_true', 'complaint', 'subject'),
    ('false', 'proceedings', 'subject'),
    ('false', 'complaint', 'subject'),
    ('confirmed_false', 'proceedings', 'subject'),
    ('confirmed_false', 'complaint', 'subject'),
    ('cannot_tell', 'proceedings', 'subject'),
    ('cannot_tell', 'complaint', 'subject');

CREATE TABLE overt.evidence_hold (
    id uuid CONSTRAINT evidence_hold_key PRIMARY KEY,
    alert_id uuid NOT NULL,
    deployment_id uuid NOT NULL
        CONSTRAINT evidence_hold_deployment REFERENCES overt.deployment (id),
    outcome text NOT NULL DEFAULT 'unadjudicated',
    kind text NOT NULL
        CONSTRAINT evidence_hold_kind CHECK (kind IN ('proceedings', 'complaint')),
    brought_by text NOT NULL
        CONSTRAINT evidence_hold_brought_by CHECK (brought_by IN ('subject', 'other')),
    made_at timestamptz NOT NULL DEFAULT now(),
    sealed_number overt.sealed NOT NULL
        CONSTRAINT evidence_hold_number_size CHECK (octet_length(sealed_number) <= 256),
    ended_at timestamptz,
    end_reason text
        CONSTRAINT evidence_hold_end_reason CHECK (end_reason IN ('released', 'lapsed')),
    ended_by uuid
        CONSTRAINT evidence_hold_ended_by REFERENCES overt.principal (id),
    CONSTRAINT evidence_hold_ground FOREIGN KEY (outcome, kind, brought_by)
        REFERENCES overt.evidence_ground (outcome, kind, brought_by),
    CONSTRAINT evidence_hold_end CHECK (
        (ended_at IS NULL) = (end_reason IS NULL)
        AND (ended_by IS NOT NULL) = (end_reason IS NOT DISTINCT FROM 'released'))
);
CREATE INDEX evidence_hold_by_time ON overt.evidence_hold (made_at, id);
CREATE UNIQUE INDEX evidence_hold_open_once ON overt.evidence_hold (alert_id) WHERE ended_at IS NULL;
COMMENT ON TABLE overt.evidence_hold IS
    'A decision to keep one alert past its time: in force while one of its terms is. Never deleted';
COMMENT ON COLUMN overt.evidence_hold.id IS 'Random';
COMMENT ON COLUMN overt.evidence_hold.alert_id IS
    'The alert; it may be gone once the hold has ended, hence no foreign key';
COMMENT ON COLUMN overt.evidence_hold.deployment_id IS 'The alert''s deployment';
COMMENT ON COLUMN overt.evidence_hold.outcome IS 'What had been found about the alert when this was proposed';
COMMENT ON COLUMN overt.evidence_hold.kind IS 'What it is kept for';
COMMENT ON COLUMN overt.evidence_hold.brought_by IS 'Who brought that: the person the alert is about, or somebody else';
COMMENT ON COLUMN overt.evidence_hold.made_at IS 'When it was proposed';
COMMENT ON COLUMN overt.evidence_hold.sealed_number IS
    'Number of the case or complaint, sealed with the alert''s key: gone with it';
COMMENT ON COLUMN overt.evidence_hold.ended_at IS 'When it ended, by the database''s clock';
COMMENT ON COLUMN overt.evidence_hold.end_reason IS 'released by a person, or lapsed';
COMMENT ON COLUMN overt.evidence_hold.ended_by IS 'Who released it';

CREATE TABLE overt.evidence_term (
    id uuid CONSTRAINT evidence_term_key PRIMARY KEY,
    hold_id uuid NOT NULL
        CONSTRAINT evidence_term_hold REFERENCES overt.evidence_hold (id),
    review_at timestamptz NOT NULL,
    proposed_by uuid NOT NULL
        CONSTRAINT evidence_term_proposed_by REFERENCES overt.principal (id),
    proposed_at timestamptz NOT NULL,
    confirmed_by uuid
        CONSTRAINT evidence_term_confirmed_by REFERENCES overt.principal (id),
    confirmed_at timestamptz,
    CONSTRAINT evidence_two_people CHECK (confirmed_by <> proposed_by),
    CONSTRAINT evidence_term_confirmed CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
    CONSTRAINT evidence_review CHECK (
        review_at > proposed_at AND review_at <= proposed_at + interval '90 days')
);
CREATE UNIQUE INDEX evidence_term_open_once ON overt.evidence_term (hold_id)
    WHERE confirmed_at IS NULL;
CREATE INDEX evidence_term_by_hold ON overt.evidence_term (hold_id, review_at);
COMMENT ON TABLE overt.evidence_term IS
    'Until when a hold is in force: its first term, and each renewal; proposed by one, confirmed by another';
COMMENT ON COLUMN overt.evidence_term.id IS 'Random';
COMMENT ON COLUMN overt.evidence_term.hold_id IS 'Of which hold';
COMMENT ON COLUMN overt.evidence_term.review_at IS
    'Until when, and by when it is looked at again: 90 days ahead at most';
COMMENT ON COLUMN overt.evidence_term.proposed_by IS 'The authorising officer who asked for it';
COMMENT ON COLUMN overt.evidence_term.proposed_at IS 'When, by the database''s clock';
COMMENT ON COLUMN overt.evidence_term.confirmed_by IS 'The other person';
COMMENT ON COLUMN overt.evidence_term.confirmed_at IS 'When, by the database''s clock; null: it holds nothing';

CREATE FUNCTION overt.evidence_is_in_force(for_hold uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT hold.ended_at IS NULL AND EXISTS (
        SELECT FROM overt.evidence_term AS term
        WHERE term.hold_id = hold.id AND term.confirmed_at IS NOT NULL
          AND term.review_at > clock_timestamp())
    FROM overt.evidence_hold AS hold WHERE hold.id = for_hold
$body$;
COMMENT ON FUNCTION overt.evidence_is_in_force(uuid) IS
    'Whether the hold keeps its alert now: confirmed, its review date not passed, not ended';

CREATE OR REPLACE FUNCTION overt.alert_is_held(for_alert uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT EXISTS (
        SELECT FROM overt.evidence_hold AS hold
        WHERE hold.alert_id = for_alert AND overt.evidence_is_in_force(hold.id))
$body$;
COMMENT ON FUNCTION overt.alert_is_held(uuid) IS
    'Whether a decision of two keeps the alert as evidence past its time';

CREATE FUNCTION overt.evidence_lock_alert(for_alert uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    crop text;
BEGIN
    -- Whoever erases it locks it first: one of the two sees the other's decision.
    SELECT crop_state INTO crop FROM overt.alert WHERE id = for_alert FOR SHARE;
    IF crop IS NULL THEN
        RAISE EXCEPTION 'the alert is gone'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'evidence_alert_gone';
    END IF;
    IF crop = 'awaited' THEN
        RAISE EXCEPTION 'the probe''s descriptor is still there'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'evidence_searchable';
    END IF;
END
$body$;
COMMENT ON FUNCTION overt.evidence_lock_alert(uuid) IS
    'Fails unless the alert is there and holds no descriptor: what is kept is never searchable';

CREATE FUNCTION overt.evidence_hold_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    free text[] := ARRAY['ended_at', 'end_reason', 'ended_by'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM overt.evidence_lock_alert(NEW.alert_id);
        IF NEW.ended_at IS NOT NULL OR NEW.deployment_id IS DISTINCT FROM
           (SELECT deployment_id FROM overt.alert WHERE id = NEW.alert_id) THEN
            RAISE EXCEPTION 'a hold begins open, under its alert''s deployment'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'evidence_step';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL
       OR to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free THEN
        RAISE EXCEPTION 'a hold ends once and does not change otherwise'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'evidence_step';
    END IF;
    IF NEW.end_reason = 'lapsed' AND overt.evidence_is_in_force(OLD.id) THEN
        RAISE EXCEPTION 'a hold that is in force does not lapse'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'evidence_step';
    END IF;
    IF NEW.ended_by IS NOT NULL THEN
        PERFORM overt.require_person(NEW.ended_by);
    END IF;
    NEW.ended_at := clock_timestamp();
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.evidence_hold_check() IS
    'Trigger: a hold is of an alert that is there, ends once, and lapses only when its time is over';

CREATE FUNCTION overt.evidence_term_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    hold overt.evidence_hold;
    first boolean;
BEGIN
    SELECT * INTO hold FROM overt.evidence_hold WHERE id = NEW.hold_id FOR UPDATE;
    first := NOT EXISTS (SELECT FROM overt.evidence_term
                         WHERE hold_id = NEW.hold_id AND id <> NEW.id);
    -- A renewal comes while what it renews is in force: what has lapsed is proposed anew.
    IF hold.ended_at IS NOT NULL OR NOT (first OR overt.evidence_is_in_force(hold.id)) THEN
        RAISE EXCEPTION 'the hold is not in force'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'evidence_over';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.confirmed_at IS NOT NULL THEN
            RAISE EXCEPTION 'a term begins as a proposal'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'evidence_step';
        END IF;
        PERFORM overt.require_person(NEW.proposed_by);
        NEW.proposed_at := clock_timestamp();
        RETURN NEW;
    END IF;
    IF OLD.confirmed_at IS NOT NULL OR NEW.confirmed_at IS NULL OR
       (NEW.id, NEW.hold_id, NEW.review_at, NEW.proposed_by, NEW.proposed_at)
       IS DISTINCT FROM (OLD.id, OLD.hold_id, OLD.review_at, OLD.proposed_by, OLD.proposed_at) THEN
        RAISE EXCEPTION 'a term is confirmed once and does not change otherwise'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'evidence_step';
    END IF;
    IF clock_timestamp() >= NEW.review_at THEN
        RAISE EXCEPTION 'the term has passed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'evidence_over';
    END IF;
    PERFORM overt.require_person(NEW.confirmed_by);
    PERFORM overt.evidence_lock_alert(hold.alert_id);
    NEW.confirmed_at := clock_timestamp();
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.evidence_term_check() IS
    'Trigger: a term is proposed, then confirmed by another person while its alert is there';

CREATE FUNCTION overt.evidence_events(for_alert uuid, for_hold uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT id FROM audit.event
    WHERE convert_from(body, 'UTF8')::jsonb -> 'object' ->> 'id' IN (for_alert::text, for_hold::text)
    ORDER BY xid, id
$body$;
COMMENT ON FUNCTION overt.evidence_events(uuid, uuid) IS
    'Ids of the events about an alert and its hold, for the manifest of an export';
REVOKE ALL ON FUNCTION overt.evidence_events(uuid, uuid) FROM PUBLIC;

CREATE TRIGGER evidence_hold_check BEFORE INSERT OR UPDATE ON overt.evidence_hold
    FOR EACH ROW EXECUTE FUNCTION overt.evidence_hold_check();
CREATE TRIGGER evidence_term_check BEFORE INSERT OR UPDATE ON overt.evidence_term
    FOR EACH ROW EXECUTE FUNCTION overt.evidence_term_check();
CREATE CONSTRAINT TRIGGER evidence_hold_audited
    AFTER INSERT OR UPDATE ON overt.evidence_hold DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();
CREATE CONSTRAINT TRIGGER evidence_term_audited
    AFTER INSERT OR UPDATE ON overt.evidence_term DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

GRANT SELECT, INSERT (id, alert_id, deployment_id, kind, brought_by, sealed_number),
    UPDATE (ended_at, end_reason, ended_by) ON overt.evidence_hold TO overt_server;
GRANT SELECT, INSERT (id, hold_id, review_at, proposed_by, proposed_at),
    UPDATE (confirmed_by, confirmed_at) ON overt.evidence_term TO overt_server;
GRANT EXECUTE ON FUNCTION overt.evidence_is_in_force(uuid), overt.evidence_events(uuid, uuid)
    TO overt_server;

RESET ROLE;

-- migrate:down

SET LOCAL ROLE overt_owner;
CREATE OR REPLACE FUNCTION overt.alert_is_held(for_alert uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT false
$body$;
COMMENT ON FUNCTION overt.alert_is_held(uuid) IS
    'Whether a decision of two keeps the alert as evidence past its time; until there are such decisions, none is';
RESET ROLE;
DROP FUNCTION overt.evidence_events(uuid, uuid);
DROP TABLE overt.evidence_term;
DROP TABLE overt.evidence_hold;
DROP TABLE overt.evidence_ground;
DROP FUNCTION overt.evidence_term_check();
DROP FUNCTION overt.evidence_hold_check();
DROP FUNCTION overt.evidence_lock_alert(uuid);
DROP FUNCTION overt.evidence_is_in_force(uuid);
