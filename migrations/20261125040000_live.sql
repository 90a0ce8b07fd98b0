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

-- --- operating settings --------------------------------------------------------------------------

ALTER TABLE overt.deployment
    ADD COLUMN gate_eye_distance_px real NOT NULL DEFAULT 16
        CONSTRAINT deployment_gate_eye_distance CHECK (gate_eye_distance_px BETWEEN 0 AND 4096),
    ADD COLUMN gate_sharpness real NOT NULL DEFAULT 0.06
        CONSTRAINT deployment_gate_sharpness CHECK (gate_sharpness BETWEEN 0 AND 1),
    ADD COLUMN gate_yaw_deg real NOT NULL DEFAULT 55
        CONSTRAINT deployment_gate_yaw CHECK (gate_yaw_deg BETWEEN 0 AND 180),
    ADD COLUMN gate_pitch_deg real NOT NULL DEFAULT 40
        CONSTRAINT deployment_gate_pitch CHECK (gate_pitch_deg BETWEEN 0 AND 180),
    ADD COLUMN gate_roll_deg real NOT NULL DEFAULT 60
        CONSTRAINT deployment_gate_roll CHECK (gate_roll_deg BETWEEN 0 AND 180),
    ADD COLUMN gate_brightness_min real NOT NULL DEFAULT 0.1
        CONSTRAINT deployment_gate_brightness_min CHECK (gate_brightness_min BETWEEN 0 AND 1),
    ADD COLUMN gate_brightness_max real NOT NULL DEFAULT 0.92
        CONSTRAINT deployment_gate_brightness_max CHECK (gate_brightness_max BETWEEN 0 AND 1);
COMMENT ON COLUMN overt.deployment.gate_eye_distance_px IS
    'Faces with their eyes closer together than this are not compared';
COMMENT ON COLUMN overt.deployment.gate_sharpness IS 'Nor those less sharp than this, 0 to 1';
COMMENT ON COLUMN overt.deployment.gate_yaw_deg IS 'Nor those turned further than this';
COMMENT ON COLUMN overt.deployment.gate_pitch_deg IS 'Nor those further up or down than this';
COMMENT ON COLUMN overt.deployment.gate_roll_deg IS 'Nor those tilted further than this';
COMMENT ON COLUMN overt.deployment.gate_brightness_min IS 'Nor those darker than this, 0 to 1';
COMMENT ON COLUMN overt.deployment.gate_brightness_max IS 'Nor those brighter than this, 0 to 1';

CREATE TABLE overt.settings_change (
    id uuid CONSTRAINT settings_change_key PRIMARY KEY,
    deployment_id uuid NOT NULL
        CONSTRAINT settings_change_deployment REFERENCES overt.deployment (id),
    direction text NOT NULL
        CONSTRAINT settings_change_direction CHECK (direction IN ('tighter', 'looser')),
    base_digest bytea NOT NULL
        CONSTRAINT settings_change_base REFERENCES audit.document (digest),
    settings_digest bytea NOT NULL
        CONSTRAINT settings_change_settings REFERENCES audit.document (digest),
    reason_digest bytea NOT NULL
        CONSTRAINT settings_change_reason REFERENCES audit.document (digest),
    threshold real NOT NULL,
    cool_down_s integer NOT NULL,
    min_face_px integer NOT NULL,
    gate_eye_distance_px real NOT NULL,
    gate_sharpness real NOT NULL,
    gate_yaw_deg real NOT NULL,
    gate_pitch_deg real NOT NULL,
    gate_roll_deg real NOT NULL,
    gate_brightness_min real NOT NULL,
    gate_brightness_max real NOT NULL,
    proposed_by uuid NOT NULL
        CONSTRAINT settings_change_proposer REFERENCES overt.principal (id),
    proposed_at timestamptz NOT NULL,
    state text NOT NULL
        CONSTRAINT settings_change_state CHECK (state IN ('proposed', 'in_force', 'refused')),
    decided_by uuid
        CONSTRAINT settings_change_decider REFERENCES overt.principal (id),
    decided_at timestamptz,
    CONSTRAINT settings_change_decided CHECK (
        (decided_by IS NULL) = (decided_at IS NULL)
        AND (direction = 'tighter') = (state = 'in_force' AND decided_by IS NULL)
        AND (direction = 'tighter' OR (state = 'proposed') = (decided_by IS NULL))),
    CONSTRAINT settings_change_two_people CHECK (state <> 'in_force' OR decided_by <> proposed_by)
);
CREATE UNIQUE INDEX settings_change_open ON overt.settings_change (deployment_id)
    WHERE state = 'proposed';
CREATE INDEX settings_change_by_deployment ON overt.settings_change (deployment_id, proposed_at);
COMMENT ON TABLE overt.settings_change IS
    'Changes of the operating settings after the authorisation: tightening by one person at once, loosening by two';
COMMENT ON COLUMN overt.settings_change.id IS 'Random';
COMMENT ON COLUMN overt.settings_change.deployment_id IS 'The deployment';
COMMENT ON COLUMN overt.settings_change.direction IS
    'tighter: nothing is loosened by it; looser: something is';
COMMENT ON COLUMN overt.settings_change.base_digest IS
    'The settings that it changes: no longer in force, no longer to be decided on';
COMMENT ON COLUMN overt.settings_change.settings_digest IS 'The settings that it makes, as a document';
COMMENT ON COLUMN overt.settings_change.reason_digest IS 'Why, as a document';
COMMENT ON COLUMN overt.settings_change.threshold IS 'As overt.deployment has it, like the next ones';
COMMENT ON COLUMN overt.settings_change.cool_down_s IS 'As overt.deployment has it';
COMMENT ON COLUMN overt.settings_change.min_face_px IS 'As overt.deployment has it';
COMMENT ON COLUMN overt.settings_change.gate_eye_distance_px IS 'As overt.deployment has it';
COMMENT ON COLUMN overt.settings_change.gate_sharpness IS 'As overt.deployment has it';
COMMENT ON COLUMN overt.settings_change.gate_yaw_deg IS 'As overt.deployment has it';
COMMENT ON COLUMN overt.settings_change.gate_pitch_deg IS 'As overt.deployment has it';
COMMENT ON COLUMN overt.settings_change.gate_roll_deg IS 'As overt.deployment has it';
COMMENT ON COLUMN overt.settings_change.gate_brightness_min IS 'As overt.deployment has it';
COMMENT ON COLUMN overt.settings_change.gate_brightness_max IS 'As overt.deployment has it';
COMMENT ON COLUMN overt.settings_change.proposed_by IS 'Who proposed it, or tightened';
COMMENT ON COLUMN overt.settings_change.proposed_at IS 'When';
COMMENT ON COLUMN overt.settings_change.state IS 'in_force: it was put in force, perhaps replaced since';
COMMENT ON COLUMN overt.settings_change.decided_by IS 'Who approved or refused a loosening';
COMMENT ON COLUMN overt.settings_change.decided_at IS 'When';

CREATE TABLE overt.settings_camera (
    change_id uuid NOT NULL
        CONSTRAINT settings_camera_change REFERENCES overt.settings_change (id),
    site_id uuid NOT NULL
        CONSTRAINT settings_camera_site REFERENCES overt.site (id),
    camera text NOT NULL
        CONSTRAINT settings_camera_name CHECK (camera ~ '^[A-Za-z0-9._-]{1,64}$'),
    zone integer[] NOT NULL
        CONSTRAINT settings_camera_zone CHECK (
            cardinality(zone) = 0
            OR (cardinality(zone) BETWEEN 6 AND 64 AND cardinality(zone) % 2 = 0
                AND 0 <= ALL (zone) AND 10000 >= ALL (zone))),
    CONSTRAINT settings_camera_key PRIMARY KEY (change_id, site_id, camera)
);
COMMENT ON TABLE overt.settings_camera IS 'The cameras of a change, all of them';
COMMENT ON COLUMN overt.settings_camera.change_id IS 'The change';
COMMENT ON COLUMN overt.settings_camera.site_id IS 'The site that sends its pictures';
COMMENT ON COLUMN overt.settings_camera.camera IS 'Its name, as the client has it';
COMMENT ON COLUMN overt.settings_camera.zone IS
    'Zone of recognition: x, y, x, y ... in ten-thousandths of the picture; empty: all of it';

CREATE FUNCTION overt.cameras_in_force(of_deployment uuid)
    RETURNS TABLE (site_id uuid, camera text, zone integer[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    WITH latest AS (
        SELECT change.id
        FROM overt.settings_change AS change
        JOIN overt.deployment AS deployment
          ON deployment.id = change.deployment_id
         AND deployment.settings_digest = change.settings_digest
        WHERE change.deployment_id = of_deployment AND change.state = 'in_force'
        ORDER BY coalesce(change.decided_at, change.proposed_at) DESC, change.id
        LIMIT 1)
    SELECT named.site_id, named.camera, named.zone
    FROM overt.settings_camera AS named
    JOIN latest ON latest.id = named.change_id
    UNION ALL
    SELECT named.site_id, named.camera, named.zone
    FROM overt.deployment_camera AS named
    WHERE named.deployment_id = of_deployment AND NOT EXISTS (SELECT FROM latest)
$body$;
COMMENT ON FUNCTION overt.cameras_in_force(uuid) IS
    'The cameras of a deployment with their zones, as its settings have them now; none: any';

CREATE FUNCTION overt.settings_change_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    target record;
BEGIN
    SELECT state, settings_digest, applied_by INTO target
    FROM overt.deployment WHERE id = NEW.deployment_id FOR SHARE;
    IF target.state NOT IN ('authorised', 'live', 'paused') THEN
        RAISE EXCEPTION 'settings are changed at a deployment that is authorised, live or paused'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settings_state';
    END IF;
    IF NEW.state <> 'refused' AND NEW.base_digest IS DISTINCT FROM target.settings_digest THEN
        RAISE EXCEPTION 'the settings have been changed meanwhile'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settings_stale';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.decided_by IS NOT NULL THEN
            RAISE EXCEPTION 'a change is decided on after it was proposed'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'settings_change_decided';
        END IF;
        PERFORM overt.require_role(NEW.proposed_by, 'applicant', 'authorising_officer',
                                   'deployment_lead');
        PERFORM overt.require_document(NEW.settings_digest, 'settings', NEW.deployment_id);
        PERFORM overt.require_document(NEW.reason_digest, 'settings_reason', NEW.deployment_id);
        RETURN NEW;
    END IF;
    IF OLD.state <> 'proposed'
       OR to_jsonb(NEW) - ARRAY['state', 'decided_by', 'decided_at']
          <> to_jsonb(OLD) - ARRAY['state', 'decided_by', 'decided_at'] THEN
        RAISE EXCEPTION 'a change is decided on once, and does not change otherwise'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settings_fixed';
    END IF;
    IF NEW.state = 'in_force' AND NEW.decided_by = target.applied_by THEN
        RAISE EXCEPTION 'who applied for a deployment does not approve a change of its settings'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_two_people';
    END IF;
    PERFORM overt.require_role(NEW.decided_by, 'authorising_officer', 'higher_authority');
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.settings_change_check() IS 'Trigger: who may change settings, and when';

-- Cameras belong to the transaction that writes the change.
CREATE FUNCTION overt.settings_camera_check() RETURNS trigger
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
COMMENT ON FUNCTION overt.settings_camera_check() IS 'Trigger: when the cameras of a change are written';

-- The settings in force change by a recorded change only: one that loosens nothing, or one that
-- another person has approved. That a zone lies inside the old one is for the server to judge.
CREATE FUNCTION overt.deployment_check_settings() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    change overt.settings_change;
    fields text[] := ARRAY['threshold', 'cool_down_s', 'min_face_px', 'gate_eye_distance_px',
                           'gate_sharpness', 'gate_yaw_deg', 'gate_pitch_deg', 'gate_roll_deg',
                           'gate_brightness_min', 'gate_brightness_max'];
    field text;
BEGIN
    IF OLD.state NOT IN ('authorised', 'live', 'paused') THEN
        RETURN NEW; -- drafts; deployment_2_fixed has the rest
    END IF;
    SELECT * INTO change FROM overt.settings_change
    WHERE deployment_id = NEW.id AND state = 'in_force' AND base_digest = OLD.settings_digest
      AND settings_digest = NEW.settings_digest
    ORDER BY coalesce(decided_at, proposed_at) DESC LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no change that makes these settings'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settings_unrecorded';
    END IF;
    FOREACH field IN ARRAY fields LOOP
        IF to_jsonb(NEW) -> field IS DISTINCT FROM to_jsonb(change) -> field THEN
            RAISE EXCEPTION 'the settings are not those of the change'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'settings_unrecorded';
        END IF;
    END LOOP;
    IF change.direction = 'tighter' AND (
           NEW.threshold < OLD.threshold OR NEW.cool_down_s < OLD.cool_down_s
           OR NEW.min_face_px < OLD.min_face_px
           OR NEW.gate_eye_distance_px < OLD.gate_eye_distance_px
           OR NEW.gate_sharpness < OLD.gate_sharpness
           OR NEW.gate_yaw_deg > OLD.gate_yaw_deg OR NEW.gate_pitch_deg > OLD.gate_pitch_deg
           OR NEW.gate_roll_deg > OLD.gate_roll_deg
           OR NEW.gate_brightness_min < OLD.gate_brightness_min
           OR NEW.gate_brightness_max > OLD.gate_brightness_max
           OR NOT overt.cameras_narrowed(NEW.id, change.id)) THEN
        RAISE EXCEPTION 'this loosens something; another person has to approve it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settings_looser';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.deployment_check_settings() IS
    'Trigger: how the settings in force may change after the authorisation';

-- Asked before the deployment's row has the new digest: in force are the old ones.
CREATE FUNCTION overt.cameras_narrowed(of_deployment uuid, by_change uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT NOT EXISTS (SELECT FROM overt.cameras_in_force(of_deployment))
        OR (EXISTS (SELECT FROM overt.settings_camera WHERE change_id = by_change)
            AND NOT EXISTS (
                SELECT site_id, camera FROM overt.settings_camera WHERE change_id = by_change
                EXCEPT
                SELECT site_id, camera FROM overt.cameras_in_force(of_deployment)))
$body$;
COMMENT ON FUNCTION overt.cameras_narrowed(uuid, uuid) IS
    'Whether a change names no camera that the settings in force do not';

CREATE TRIGGER settings_change_check BEFORE INSERT OR UPDATE ON overt.settings_change
    FOR EACH ROW EXECUTE FUNCTION overt.settings_change_check();
CREATE TRIGGER settings_camera_check BEFORE INSERT ON overt.settings_camera
    FOR EACH ROW EXECUTE FUNCTION overt.settings_camera_check();
CREATE CONSTRAINT TRIGGER settings_change_audited
    AFTER INSERT OR UPDATE ON overt.settings_change DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();
CREATE TRIGGER deployment_3_settings BEFORE UPDATE OF settings_digest ON overt.deployment
    FOR EACH ROW WHEN (NEW.settings_digest IS DISTINCT FROM OLD.settings_digest)
    EXECUTE FUNCTION overt.deployment_check_settings();
CREATE TRIGGER deployment_settings_notify AFTER UPDATE OF settings_digest ON overt.deployment
    FOR EACH ROW EXECUTE FUNCTION overt.deployment_notify();

GRANT UPDATE (gate_eye_distance_px, gate_sharpness, gate_yaw_deg, gate_pitch_deg, gate_roll_deg,
              gate_brightness_min, gate_brightness_max) ON overt.deployment TO overt_server;
GRANT SELECT, INSERT, UPDATE (state, decided_by, decided_at) ON overt.settings_change
    TO overt_server;
GRANT SELECT, INSERT ON overt.settings_camera TO overt_server;
GRANT EXECUTE ON FUNCTION overt.cameras_in_force(uuid) TO overt_server;

-- --- one camera feeds one deployment -------------------------------------------------------------

CREATE FUNCTION overt.deployment_check_cameras() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    -- Two that go live at one site at once take turns.
    PERFORM FROM overt.site
    WHERE id IN (SELECT site_id FROM overt.deployment_site WHERE deployment_id = NEW.id)
    ORDER BY id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM overt.deployment AS other
        JOIN overt.deployment_site AS theirs ON theirs.deployment_id = other.id
        JOIN overt.deployment_site AS ours
          ON ours.deployment_id = NEW.id AND ours.site_id = theirs.site_id
        WHERE other.id <> NEW.id AND other.state IN ('live', 'paused')
          AND (EXISTS (SELECT FROM overt.cameras_in_force(other.id) AS a
                       JOIN overt.cameras_in_force(NEW.id) AS b USING (site_id, camera))
               OR ('operational' IN (NEW.kind, other.kind)
                   AND (NOT EXISTS (SELECT FROM overt.cameras_in_force(other.id) AS named
                                    WHERE named.site_id = ours.site_id)
                        OR NOT EXISTS (SELECT FROM overt.cameras_in_force(NEW.id) AS named
                                       WHERE named.site_id = ours.site_id))))) THEN
        RAISE EXCEPTION 'a camera of it feeds another deployment'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_camera_taken';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.deployment_check_cameras() IS
    'Trigger: one camera feeds one deployment. An exercise that names none keeps operational ones off its site';
CREATE TRIGGER deployment_4_cameras BEFORE UPDATE OF state ON overt.deployment
    FOR EACH ROW WHEN (NEW.state = 'live' AND OLD.state <> 'live')
    EXECUTE FUNCTION overt.deployment_check_cameras();

-- --- signs ---------------------------------------------------------------------------------------

CREATE TABLE overt.deployment_sign (
    deployment_id uuid NOT NULL
        CONSTRAINT deployment_sign_deployment REFERENCES overt.deployment (id),
    site_id uuid NOT NULL
        CONSTRAINT deployment_sign_site REFERENCES overt.site (id),
    camera text NOT NULL
        CONSTRAINT deployment_sign_camera CHECK (camera ~ '^[A-Za-z0-9._-]{1,64}$'),
    confirmed_by uuid NOT NULL
        CONSTRAINT deployment_sign_person REFERENCES overt.principal (id),
    confirmed_at timestamptz NOT NULL,
    CONSTRAINT deployment_sign_key PRIMARY KEY (deployment_id, site_id, camera)
);
COMMENT ON TABLE overt.deployment_sign IS
    'Where the crew has confirmed that the signs stand, camera by camera. Append-only';
COMMENT ON COLUMN overt.deployment_sign.deployment_id IS 'The deployment';
COMMENT ON COLUMN overt.deployment_sign.site_id IS 'The camera''s site';
COMMENT ON COLUMN overt.deployment_sign.camera IS 'The camera';
COMMENT ON COLUMN overt.deployment_sign.confirmed_by IS 'Who saw them';
COMMENT ON COLUMN overt.deployment_sign.confirmed_at IS 'When';

CREATE FUNCTION overt.deployment_check_sign() RETURNS trigger
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
COMMENT ON FUNCTION overt.deployment_check_sign() IS 'Trigger: who confirms signs, and where';
CREATE TRIGGER deployment_sign_check BEFORE INSERT ON overt.deployment_sign
    FOR EACH ROW EXECUTE FUNCTION overt.deployment_check_sign();
CREATE CONSTRAINT TRIGGER deployment_sign_audited
    AFTER INSERT ON overt.deployment_sign DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

-- Without signs at every camera an operational deployment is not live, whatever the server does.
CREATE FUNCTION overt.deployment_check_signs() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF EXISTS (SELECT site_id, camera FROM overt.cameras_in_force(NEW.id)
               EXCEPT
               SELECT site_id, camera FROM overt.deployment_sign WHERE deployment_id = NEW.id) THEN
        RAISE EXCEPTION 'the signs at a camera have not been confirmed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'signs_missing';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.deployment_check_signs() IS
    'Trigger: an operational deployment is live with signs at every camera only';
CREATE TRIGGER deployment_5_signs BEFORE UPDATE OF state ON overt.deployment
    FOR EACH ROW WHEN (NEW.state = 'live' AND OLD.state <> 'live' AND NEW.kind = 'operational')
    EXECUTE FUNCTION overt.deployment_check_signs();

GRANT SELECT, INSERT ON overt.deployment_sign TO overt_server;

RESET ROLE;

-- migrate:down

DROP TRIGGER deployment_5_signs ON overt.deployment;
DROP FUNCTION overt.deployment_check_signs();
DROP TABLE overt.deployment_sign;
DROP FUNCTION overt.deployment_check_sign();
DROP TRIGGER deployment_4_cameras ON overt.deployment;
DROP FUNCTION overt.deployment_check_cameras();
DROP TRIGGER deployment_settings_notify ON overt.deployment;
DROP TRIGGER deployment_3_settings ON overt.deployment;
DROP FUNCTION overt.deployment_check_settings();
DROP FUNCTION overt.cameras_narrowed(uuid, uuid);
DROP FUNCTION overt.cameras_in_force(uuid);
DROP TABLE overt.settings_camera;
DROP FUNCTION overt.settings_camera_check();
DROP TABLE overt.settings_change;
DROP FUNCTION overt.settings_change_check();
ALTER TABLE overt.deployment
    DROP COLUMN gate_eye_distance_px,
    DROP COLUMN gate_sharpness,
    DROP COLUMN gate_yaw_deg,
    DROP COLUMN gate_pitch_deg,
    DROP COLUMN gate_roll_deg,
    DROP COLUMN gate_brightness_min,
    DROP COLUMN gate_brightness_max;
DROP TABLE overt.duty;
DROP FUNCTION overt.duty_check_change();
DROP FUNCTION overt.duty_check_new();
