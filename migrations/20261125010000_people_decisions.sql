-- migrate:up

SET LOCAL ROLE overt_owner;

-- --- alarms --------------------------------------------------------------------------------------

CREATE TABLE overt.alarm (
    id uuid CONSTRAINT alarm_key PRIMARY KEY,
    code text NOT NULL CONSTRAINT alarm_code CHECK (code ~ '^[a-z_]{1,40}(\.[a-z_]{1,40}){1,3}$'),
    raised_at timestamptz NOT NULL,
    raised_by uuid CONSTRAINT alarm_raised_by REFERENCES overt.principal (id),
    deployment_id uuid CONSTRAINT alarm_deployment REFERENCES overt.deployment (id),
    object_id uuid,
    cleared_at timestamptz,
    cleared_by uuid CONSTRAINT alarm_cleared_by REFERENCES overt.principal (id),
    CONSTRAINT alarm_cleared CHECK (cleared_by IS NULL OR cleared_at IS NOT NULL),
    CONSTRAINT alarm_two_people CHECK (cleared_by <> raised_by)
);
CREATE UNIQUE INDEX alarm_open_once ON overt.alarm (code, deployment_id, object_id)
    NULLS NOT DISTINCT WHERE cleared_at IS NULL;
CREATE INDEX alarm_by_time ON overt.alarm (raised_at, id);
COMMENT ON TABLE overt.alarm IS
    'What somebody has to look at: open until it is cleared. Never deleted';
COMMENT ON COLUMN overt.alarm.id IS 'Random';
COMMENT ON COLUMN overt.alarm.code IS 'What is wrong: a stable, dotted code';
COMMENT ON COLUMN overt.alarm.raised_at IS 'Since when';
COMMENT ON COLUMN overt.alarm.raised_by IS
    'The person whose act raised it, who does not clear it; null: the server noticed by itself';
COMMENT ON COLUMN overt.alarm.deployment_id IS 'The deployment it is about, if any';
COMMENT ON COLUMN overt.alarm.object_id IS 'Whatever else it is about: a person, an alert; if any';
COMMENT ON COLUMN overt.alarm.cleared_at IS 'When it was cleared; null: open';
COMMENT ON COLUMN overt.alarm.cleared_by IS 'Who cleared it; null: its cause ended';

CREATE FUNCTION overt.alarm_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.cleared_at IS NOT NULL THEN
            RAISE EXCEPTION 'an alarm begins open'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'alarm_step';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.cleared_at IS NOT NULL OR NEW.cleared_at IS NULL THEN
        RAISE EXCEPTION 'an alarm is cleared once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alarm_step';
    END IF;
    IF NEW.cleared_by IS NOT NULL THEN
        PERFORM overt.require_person(NEW.cleared_by);
    ELSIF OLD.raised_by IS NOT NULL THEN
        RAISE EXCEPTION 'what a person''s act raised, another person clears'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alarm_two_people';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.alarm_check() IS
    'Alarms begin open, are cleared once, and what a person raised only by another person';

CREATE TRIGGER alarm_check BEFORE INSERT OR UPDATE ON overt.alarm
    FOR EACH ROW EXECUTE FUNCTION overt.alarm_check();
CREATE CONSTRAINT TRIGGER alarm_audited
    AFTER INSERT OR UPDATE ON overt.alarm DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

GRANT SELECT, INSERT, UPDATE (cleared_at, cleared_by) ON overt.alarm TO overt_server;

RESET ROLE;

-- migrate:down

DROP TABLE overt.alarm;
DROP FUNCTION overt.alarm_check();
