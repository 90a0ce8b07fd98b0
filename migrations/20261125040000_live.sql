-- migrate:up

SET LOCAL ROLE overt_owner;

-- --- duty ----------------------------------------------------------------------------------------

CREATE TABLE overt.duty (
    deployment_id uuid NOT NULL
        CONSTRAINT duty_deployment REFERENCES overt.deployment (id),
    person_id uuid NOT NULL
        CONSTRAINT duty_person REFERENCES overt.principal (id),
    role text NOT NULL
        CONSTRAINT duty_role CHECK (role IN (
            'deployment_lead', 'adjudicator', 'engagement_officer')),
    since timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    until timestamptz,
    CONSTRAINT duty_key PRIMARY KEY (deployment_id, person_id, role, since),
    CONSTRAINT duty_order CHECK (last_seen >= since AND until >= since)
);
CREATE UNIQUE INDEX duty_once ON overt.duty (deployment_id, role, person_id) WHERE until IS NULL;
COMMENT ON TABLE overt.duty IS
    'Who is, or was, on duty at a deployment. Without an adjudicator who is heard of and an engagement officer on duty it pauses';
COMMENT ON COLUMN overt.duty.deployment_id IS 'The deployment';
COMMENT ON COLUMN overt.duty.person_id IS 'Who';
COMMENT ON COLUMN overt.duty.role IS 'As what: a role that this person holds';
COMMENT ON COLUMN overt.duty.since IS 'When it began';
COMMENT ON COLUMN overt.duty.last_seen IS
    'When the server last heard of them: an adjudicator is present for the policy''s heartbeat_s after it';
COMMENT ON COLUMN overt.duty.until IS 'When it ended or was handed over; empty while it lasts';

CREATE FUNCTION overt.duty_check_new() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    state_now text;
BEGIN
    SELECT state INTO state_now FROM overt.deployment WHERE id = NEW.deployment_id FOR SHARE;
    IF state_now NOT IN ('applied', 'authorised', 'live', 'paused') OR NEW.until IS NOT NULL THEN
        RAISE EXCEPTION 'there is no duty at a deployment that is %', state_now
            USING ERRCODE = 'check_violation', CONSTRAINT = 'duty_state';
    END IF;
    PERFORM overt.require_person(NEW.person_id);
    IF NOT EXISTS (SELECT FROM overt.principal_role
                   WHERE principal_id = NEW.person_id AND role = NEW.role) THEN
        RAISE EXCEPTION 'duty as % takes that role', NEW.role
            USING ERRCODE = 'check_violation', CONSTRAINT = 'duty_without_role';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.duty_check_new() IS 'Trigger: who may be on duty, and at which deployment';

CREATE FUNCTION overt.duty_check_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF to_jsonb(NEW) - ARRAY['last_seen', 'until'] <> to_jsonb(OLD) - ARRAY['last_seen', 'until']
       OR OLD.until IS NOT NULL OR NEW.last_seen < OLD.last_seen THEN
        RAISE EXCEPTION 'a duty goes on or ends, and does not change otherwise'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'duty_fixed';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.duty_check_change() IS 'Trigger: what may change about a duty';

CREATE TRIGGER duty_new BEFORE INSERT ON overt.duty
    FOR EACH ROW EXECUTE FUNCTION overt.duty_check_new();
CREATE TRIGGER duty_change BEFORE UPDATE ON overt.duty
    FOR EACH ROW EXECUTE FUNCTION overt.duty_check_change();
-- Being heard of is no event; beginning and ending are.
CREATE CONSTRAINT TRIGGER duty_audited
    AFTER INSERT OR UPDATE OF until ON overt.duty DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

GRANT SELECT, INSERT, UPDATE (last_seen, until) ON overt.duty TO overt_server;

RESET ROLE;

-- migrate:down

DROP TABLE overt.duty;
DROP FUNCTION overt.duty_check_change();
DROP FUNCTION overt.duty_check_new();
