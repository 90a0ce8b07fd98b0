-- migrate:up

-- A server's clock may jump. What ends, and what is kept, follows the database's.

SET LOCAL ROLE overt_owner;

CREATE FUNCTION overt.deployment_closes_now() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    NEW.closed_at := clock_timestamp();
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.deployment_closes_now() IS
    'Trigger: the clock of erasure starts when it closes, neither earlier nor later';
CREATE TRIGGER deployment_9_closes BEFORE UPDATE ON overt.deployment
    FOR EACH ROW WHEN (OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL)
    EXECUTE FUNCTION overt.deployment_closes_now();

-- After alert_new, which has locked the deployment's row. What was received in time may be stored a
-- little late: the database may have been away.
CREATE FUNCTION overt.alert_times() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    authority overt.deployment;
BEGIN
    SELECT * INTO authority FROM overt.deployment WHERE id = NEW.deployment_id;
    IF clock_timestamp() >= authority.ends_at + interval '5 minutes' THEN
        RAISE EXCEPTION 'the deployment''s window is over'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alert_no_authority';
    END IF;
    NEW.erase_at := clock_timestamp() + authority.retention_alert_h * interval '1 hour';
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.alert_times() IS
    'Trigger: no alert after the window by the database''s clock, by which it is to be erased too';
CREATE TRIGGER alert_times BEFORE INSERT ON overt.alert
    FOR EACH ROW EXECUTE FUNCTION overt.alert_times();

CREATE FUNCTION overt.duty_times() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.since := least(NEW.since, clock_timestamp());
        NEW.last_seen := least(NEW.last_seen, clock_timestamp());
    ELSE
        NEW.last_seen := greatest(OLD.last_seen, least(NEW.last_seen, clock_timestamp()));
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.duty_times() IS
    'Trigger: nobody has been heard of later than now';
CREATE TRIGGER duty_times BEFORE INSERT OR UPDATE OF last_seen ON overt.duty
    FOR EACH ROW EXECUTE FUNCTION overt.duty_times();

RESET ROLE;

-- migrate:down

SET LOCAL ROLE overt_owner;
DROP TRIGGER duty_times ON overt.duty;
DROP FUNCTION overt.duty_times();
DROP TRIGGER alert_times ON overt.alert;
DROP FUNCTION overt.alert_times();
DROP TRIGGER deployment_9_closes ON overt.deployment;
DROP FUNCTION overt.deployment_closes_now();
RESET ROLE;
