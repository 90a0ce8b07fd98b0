-- migrate:up

SET LOCAL ROLE overt_owner;

-- --- by which transaction a row was written ------------------------------------------------------

-- Not by xmin: an UPDATE that changes nothing makes a row look as if it had just been written.
ALTER TABLE overt.principal
    ADD COLUMN written_by_xid xid8 NOT NULL DEFAULT pg_current_xact_id();
COMMENT ON COLUMN overt.principal.written_by_xid IS
    'The transaction that added it: a site has its first identity, and the first two administrators all they have, from no other';
ALTER TABLE overt.settings_change
    ADD COLUMN written_by_xid xid8 NOT NULL DEFAULT pg_current_xact_id();
COMMENT ON COLUMN overt.settings_change.written_by_xid IS
    'The transaction that proposed it: its cameras are written by no other';

CREATE FUNCTION overt.written_once() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.written_by_xid := pg_current_xact_id();
    ELSIF NEW.written_by_xid IS DISTINCT FROM OLD.written_by_xid THEN
        RAISE EXCEPTION 'by which transaction a row was written does not change'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_written';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.written_once() IS
    'Trigger: written_by_xid is the transaction of the INSERT, whatever is given, and stays';
CREATE TRIGGER principal_written BEFORE INSERT OR UPDATE ON overt.principal
    FOR EACH ROW EXECUTE FUNCTION overt.written_once();
CREATE TRIGGER settings_change_written BEFORE INSERT OR UPDATE ON overt.settings_change
    FOR EACH ROW EXECUTE FUNCTION overt.written_once();

CREATE OR REPLACE FUNCTION overt.is_bootstrap() RETURNS boolean
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT count(*) <= 2 AND count(*) FILTER (
               WHERE kind <> 'person' OR written_by_xid <> pg_current_xact_id()) = 0
    FROM overt.principal
$body$;

CREATE OR REPLACE FUNCTION overt.require_people_decision() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    decided boolean;
BEGIN
    PERFORM overt.lock_people();
    IF TG_TABLE_NAME = 'principal' THEN
        decided := NEW.kind = 'site' OR overt.is_bootstrap() OR EXISTS (
            SELECT FROM overt.people_decision AS decision
            WHERE decision.principal_id = NEW.id AND decision.state = 'confirmed'
              AND decision.decided_xid = pg_current_xact_id() AND decision.kind = 'add_person'
              AND decision.name = NEW.name);
    ELSIF TG_TABLE_NAME = 'principal_role' THEN
        decided := NEW.role = 'site' OR (NEW.role = 'administrator' AND overt.is_bootstrap())
            OR EXISTS (
                SELECT FROM overt.people_decision AS decision
                WHERE decision.principal_id = NEW.principal_id AND decision.state = 'confirmed'
                  AND decision.decided_xid = pg_current_xact_id()
                  AND NEW.role = ANY (decision.roles));
    ELSE
        decided := overt.is_bootstrap()
            -- A site's first identity comes with the site; it may do nothing but send probes.
            OR EXISTS (
                SELECT FROM overt.principal
                WHERE id = NEW.principal_id AND kind = 'site'
                  AND written_by_xid = pg_current_xact_id())
            OR EXISTS (
                SELECT FROM overt.people_decision AS decision
                WHERE decision.principal_id = NEW.principal_id AND decision.state = 'confirmed'
                  AND decision.decided_xid = pg_current_xact_id() AND decision.uri = NEW.uri);
    END IF;
    IF NOT decided THEN
        RAISE EXCEPTION '% takes a decision of two administrators', TG_TABLE_NAME
            USING ERRCODE = 'check_violation', CONSTRAINT = 'people_not_decided';
    END IF;
    RETURN NULL;
END
$body$;

CREATE OR REPLACE FUNCTION overt.settings_camera_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF NOT EXISTS (SELECT FROM overt.settings_change AS change
                   WHERE change.id = NEW.change_id
                     AND change.written_by_xid = pg_current_xact_id()) THEN
        RAISE EXCEPTION 'the cameras of a change are written with it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settings_fixed';
    END IF;
    RETURN NEW;
END
$body$;

-- --- rounds --------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION watchlist.round_entry_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    PERFORM FROM watchlist.round
    WHERE deployment_id = NEW.deployment_id AND id = NEW.round_id AND state = 'open'
    FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'entries are drawn into a round before it is approved'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'round_step';
    END IF;
    -- Neither what is not there yet, nor images that are still to come.
    IF NOT EXISTS (SELECT FROM watchlist.entry
                   WHERE deployment_id = NEW.deployment_id AND id = NEW.entry_id)
       OR NEW.images > (SELECT count(*) FROM watchlist.image
                        WHERE deployment_id = NEW.deployment_id AND entry_id = NEW.entry_id) THEN
        RAISE EXCEPTION 'an entry is drawn with the images that it has'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'round_entry_there';
    END IF;
    RETURN NEW;
END
$body$;

-- --- changing the settings of what runs ----------------------------------------------------------

-- What is asked of going live is asked of each change while it runs.

CREATE OR REPLACE FUNCTION overt.deployment_check_model() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    floor real := overt.model_accepted(NEW.model_digest);
BEGIN
    -- What only tightens takes effect at once, whatever has become of the model.
    IF NEW.state = OLD.state AND NOT EXISTS (
        SELECT FROM overt.settings_change
        WHERE deployment_id = NEW.id AND state = 'in_force' AND direction = 'looser'
          AND base_digest = OLD.settings_digest AND settings_digest = NEW.settings_digest) THEN
        RETURN NEW;
    END IF;
    IF floor IS NULL OR NEW.threshold < floor THEN
        RAISE EXCEPTION 'the model is not accepted for operational use at this threshold'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_model_accepted';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.deployment_check_model() IS
    'Trigger: an operational deployment goes live, and is loosened while it runs, with an accepted model only';
DROP TRIGGER deployment_3_model ON overt.deployment;
CREATE TRIGGER deployment_3_model BEFORE UPDATE ON overt.deployment
    FOR EACH ROW WHEN (NEW.kind = 'operational'
                       AND ((NEW.state = 'live' AND OLD.state <> 'live')
                            OR (NEW.state IN ('live', 'paused')
                                AND NEW.settings_digest IS DISTINCT FROM OLD.settings_digest)))
    EXECUTE FUNCTION overt.deployment_check_model();

-- These two after the row has the new digest: they ask for the cameras that are in force then.
CREATE TRIGGER deployment_4_cameras_changed AFTER UPDATE OF settings_digest ON overt.deployment
    FOR EACH ROW WHEN (NEW.state IN ('live', 'paused')
                       AND NEW.settings_digest IS DISTINCT FROM OLD.settings_digest)
    EXECUTE FUNCTION overt.deployment_check_cameras();
CREATE TRIGGER deployment_5_signs_changed AFTER UPDATE OF settings_digest ON overt.deployment
    FOR EACH ROW WHEN (NEW.state IN ('live', 'paused') AND NEW.kind = 'operational'
                       AND NEW.settings_digest IS DISTINCT FROM OLD.settings_digest)
    EXECUTE FUNCTION overt.deployment_check_signs();

CREATE OR REPLACE FUNCTION overt.deployment_check_sign() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    state_now text;
BEGIN
    SELECT state INTO state_now FROM overt.deployment WHERE id = NEW.deployment_id FOR SHARE;
    IF state_now NOT IN ('authorised', 'live', 'paused') THEN
        RAISE EXCEPTION 'signs are confirmed at a deployment that is authorised, live or paused'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'signs_state';
    END IF;
    -- Also where a change is to bring a camera: its signs stand before it is in force.
    IF NOT EXISTS (SELECT FROM overt.cameras_in_force(NEW.deployment_id) AS named
                   WHERE named.site_id = NEW.site_id AND named.camera = NEW.camera)
       AND NOT EXISTS (SELECT FROM overt.settings_change AS change
                       JOIN overt.settings_camera AS named ON named.change_id = change.id
                       WHERE change.deployment_id = NEW.deployment_id
                         AND change.state = 'proposed'
                         AND named.site_id = NEW.site_id AND named.camera = NEW.camera) THEN
        RAISE EXCEPTION 'the deployment has no such camera'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'signs_camera';
    END IF;
    PERFORM overt.require_role(NEW.confirmed_by, 'deployment_lead', 'engagement_officer');
    RETURN NEW;
END
$body$;

CREATE FUNCTION overt.settings_change_check_authority() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF NOT overt.holds_role(NEW.decided_by, 'higher_authority') AND EXISTS (
        SELECT FROM overt.deployment WHERE id = NEW.deployment_id AND cardinality(flags) > 0) THEN
        RAISE EXCEPTION 'what is flagged is loosened by the higher authority'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_higher_authority';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.settings_change_check_authority() IS
    'Trigger: where authorising takes the higher authority for what is flagged, so does loosening';
CREATE TRIGGER settings_change_authority BEFORE UPDATE ON overt.settings_change
    FOR EACH ROW WHEN (NEW.state = 'in_force')
    EXECUTE FUNCTION overt.settings_change_check_authority();

RESET ROLE;

-- migrate:down

SET LOCAL ROLE overt_owner;

DROP TRIGGER settings_change_authority ON overt.settings_change;
DROP FUNCTION overt.settings_change_check_authority();
CREATE OR REPLACE FUNCTION overt.deployment_check_sign() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    state_now text;
BEGIN
    SELECT state INTO state_now FROM overt.deployment WHERE id = NEW.deployment_id FOR SHARE;
    IF state_now NOT IN ('authorised', 'live', 'paused') THEN
        RAISE EXCEPTION 'signs are confirmed at a deployment that is authorised, live or paused'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'signs_state';
    END IF;
    IF NOT EXISTS (SELECT FROM overt.cameras_in_force(NEW.deployment_id) AS named
                   WHERE named.site_id = NEW.site_id AND named.camera = NEW.camera) THEN
        RAISE EXCEPTION 'the deployment has no such camera'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'signs_camera';
    END IF;
    PERFORM overt.require_role(NEW.confirmed_by, 'deployment_lead', 'engagement_officer');
    RETURN NEW;
END
$body$;
DROP TRIGGER deployment_5_signs_changed ON overt.deployment;
DROP TRIGGER deployment_4_cameras_changed ON overt.deployment;
DROP TRIGGER deployment_3_model ON overt.deployment;
CREATE OR REPLACE FUNCTION overt.deployment_check_model() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    floor real := overt.model_accepted(NEW.model_digest);
BEGIN
    IF NEW.state = 'live' AND NEW.kind = 'operational'
       AND (floor IS NULL OR NEW.threshold < floor) THEN
        RAISE EXCEPTION 'the model is not accepted for operational use at this threshold'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_model_accepted';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.deployment_check_model() IS
    'Trigger: an operational deployment is live with an accepted model only';
CREATE TRIGGER deployment_3_model BEFORE UPDATE OF state ON overt.deployment
    FOR EACH ROW EXECUTE FUNCTION overt.deployment_check_model();
CREATE OR REPLACE FUNCTION watchlist.round_entry_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    PERFORM FROM watchlist.round
    WHERE deployment_id = NEW.deployment_id AND id = NEW.round_id AND state = 'open'
    FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'entries are drawn into a round before it is approved'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'round_step';
    END IF;
    RETURN NEW;
END
$body$;
CREATE OR REPLACE FUNCTION overt.settings_camera_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF NOT EXISTS (SELECT FROM overt.settings_change AS change
                   WHERE change.id = NEW.change_id
                     AND change.xmin = pg_current_xact_id()::xid) THEN
        RAISE EXCEPTION 'the cameras of a change are written with it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settings_fixed';
    END IF;
    RETURN NEW;
END
$body$;
CREATE OR REPLACE FUNCTION overt.require_people_decision() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    decided boolean;
BEGIN
    PERFORM overt.lock_people();
    IF TG_TABLE_NAME = 'principal' THEN
        decided := NEW.kind = 'site' OR overt.is_bootstrap() OR EXISTS (
            SELECT FROM overt.people_decision AS decision
            WHERE decision.principal_id = NEW.id AND decision.state = 'confirmed'
              AND decision.decided_xid = pg_current_xact_id() AND decision.kind = 'add_person'
              AND decision.name = NEW.name);
    ELSIF TG_TABLE_NAME = 'principal_role' THEN
        decided := NEW.role = 'site' OR (NEW.role = 'administrator' AND overt.is_bootstrap())
            OR EXISTS (
                SELECT FROM overt.people_decision AS decision
                WHERE decision.principal_id = NEW.principal_id AND decision.state = 'confirmed'
                  AND decision.decided_xid = pg_current_xact_id()
                  AND NEW.role = ANY (decision.roles));
    ELSE
        decided := overt.is_bootstrap()
            -- A site's first identity comes with the site; it may do nothing but send probes.
            OR EXISTS (
                SELECT FROM overt.principal
                WHERE id = NEW.principal_id AND kind = 'site'
                  AND xmin = pg_current_xact_id()::xid)
            OR EXISTS (
                SELECT FROM overt.people_decision AS decision
                WHERE decision.principal_id = NEW.principal_id AND decision.state = 'confirmed'
                  AND decision.decided_xid = pg_current_xact_id() AND decision.uri = NEW.uri);
    END IF;
    IF NOT decided THEN
        RAISE EXCEPTION '% takes a decision of two administrators', TG_TABLE_NAME
            USING ERRCODE = 'check_violation', CONSTRAINT = 'people_not_decided';
    END IF;
    RETURN NULL;
END
$body$;
CREATE OR REPLACE FUNCTION overt.is_bootstrap() RETURNS boolean
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT count(*) <= 2 AND count(*) FILTER (
               WHERE kind <> 'person' OR xmin <> pg_current_xact_id()::xid) = 0
    FROM overt.principal
$body$;
DROP TRIGGER settings_change_written ON overt.settings_change;
DROP TRIGGER principal_written ON overt.principal;
DROP FUNCTION overt.written_once();
ALTER TABLE overt.settings_change DROP COLUMN written_by_xid;
ALTER TABLE overt.principal DROP COLUMN written_by_xid;

RESET ROLE;
