-- migrate:up

SET LOCAL ROLE overt_owner;

-- --- columns -------------------------------------------------------------------------------------

ALTER TABLE overt.deployment
    ADD COLUMN revision integer NOT NULL DEFAULT 1
        CONSTRAINT deployment_revision CHECK (revision >= 1),
    ADD COLUMN edited_by uuid
        CONSTRAINT deployment_edited_by REFERENCES overt.principal (id),
    ADD COLUMN edited_at timestamptz,
    ADD COLUMN policy_version integer
        CONSTRAINT deployment_policy REFERENCES overt.policy (version),
    ADD COLUMN application_digest bytea
        CONSTRAINT deployment_application REFERENCES audit.document (digest),
    ADD COLUMN settings_digest bytea
        CONSTRAINT deployment_settings REFERENCES audit.document (digest),
    ADD COLUMN authority text
        CONSTRAINT deployment_authority_kind CHECK (authority IN ('written', 'oral')),
    ADD COLUMN authorisation_digest bytea
        CONSTRAINT deployment_authorisation REFERENCES audit.document (digest),
    ADD COLUMN urgent boolean NOT NULL DEFAULT false,
    ADD COLUMN oral_by uuid
        CONSTRAINT deployment_oral_by REFERENCES overt.principal (id),
    ADD COLUMN recorded_by uuid
        CONSTRAINT deployment_recorded_by REFERENCES overt.principal (id),
    ADD COLUMN oral_at timestamptz,
    ADD COLUMN oral_digest bytea
        CONSTRAINT deployment_oral_document REFERENCES audit.document (digest),
    ADD COLUMN written_due_at timestamptz,
    ADD COLUMN end_reason text
        CONSTRAINT deployment_end_reason CHECK (end_reason IN (
            'stopped', 'window_closed', 'urgent_refused', 'urgent_lapsed', 'refused', 'cancelled',
            'lapsed')),
    ADD COLUMN location_type text
        CONSTRAINT deployment_location_type CHECK (location_type ~ '^[a-z_]{1,40}$'),
    ADD COLUMN latitude_e6 integer
        CONSTRAINT deployment_latitude CHECK (latitude_e6 BETWEEN -90000000 AND 90000000),
    ADD COLUMN longitude_e6 integer
        CONSTRAINT deployment_longitude CHECK (longitude_e6 BETWEEN -180000000 AND 180000000),
    ADD COLUMN flags text[] NOT NULL DEFAULT '{}'
        CONSTRAINT deployment_flags CHECK (
            cardinality(flags) <= 16
            AND array_to_string(flags, ' ', '!') ~ '^([a-z_]{1,40}( [a-z_]{1,40})*)?$'),
    ADD COLUMN expected_footfall integer
        CONSTRAINT deployment_footfall CHECK (expected_footfall BETWEEN 1 AND 10000000),
    ADD COLUMN expected_entries integer
        CONSTRAINT deployment_expected_entries CHECK (expected_entries BETWEEN 1 AND 20000),
    ADD COLUMN retention_watchlist_h integer NOT NULL DEFAULT 24
        CONSTRAINT deployment_retention_watchlist CHECK (retention_watchlist_h BETWEEN 0 AND 24),
    ADD COLUMN retention_alert_h integer NOT NULL DEFAULT 24
        CONSTRAINT deployment_retention_alert CHECK (retention_alert_h BETWEEN 1 AND 24),
    ADD COLUMN retention_true_alert_h integer NOT NULL DEFAULT 744
        CONSTRAINT deployment_retention_true_alert CHECK (
            retention_true_alert_h BETWEEN 1 AND 744);

-- What there is from before has its authority in writing, and ended as its state says.
ALTER TABLE overt.deployment DISABLE TRIGGER USER;
UPDATE overt.deployment
SET authority = CASE WHEN authorised_by IS NOT NULL THEN 'written' END,
    end_reason = CASE WHEN closed_at IS NULL THEN NULL
                      WHEN state IN ('refused', 'cancelled') THEN state
                      ELSE 'stopped' END;
ALTER TABLE overt.deployment ENABLE TRIGGER USER;

ALTER TABLE overt.deployment
    DROP CONSTRAINT deployment_authority,
    ADD CONSTRAINT deployment_authority CHECK (
        (authorised_by IS NULL) = (authorised_at IS NULL)
        AND (authorised_by IS NOT NULL) = (authority IS NOT DISTINCT FROM 'written')
        AND (authority IS DISTINCT FROM 'oral' OR oral_by IS NOT NULL)
        AND (authority IS NOT NULL OR state IN (
            'draft', 'applied', 'refused', 'cancelled', 'erased'))),
    ADD CONSTRAINT deployment_oral CHECK (
        (oral_by IS NOT NULL) = urgent
        AND (oral_by IS NULL) = (recorded_by IS NULL)
        AND (oral_by IS NULL) = (oral_at IS NULL)
        AND (oral_by IS NULL) = (oral_digest IS NULL)
        AND (oral_by IS NULL) = (written_due_at IS NULL)),
    ADD CONSTRAINT deployment_oral_people CHECK (
        oral_by <> applied_by AND recorded_by <> applied_by AND recorded_by <> oral_by),
    ADD CONSTRAINT deployment_ended CHECK ((end_reason IS NOT NULL) = (closed_at IS NOT NULL)),
    ADD CONSTRAINT deployment_place CHECK ((latitude_e6 IS NULL) = (longitude_e6 IS NULL)),
    ADD CONSTRAINT deployment_edited CHECK ((edited_by IS NULL) = (edited_at IS NULL));
CREATE INDEX deployment_written_due ON overt.deployment (written_due_at)
    WHERE authority = 'oral';

COMMENT ON COLUMN overt.deployment.revision IS
    'Counts the changes of the draft: who edits an older one is told';
COMMENT ON COLUMN overt.deployment.edited_by IS 'Who changed the draft last';
COMMENT ON COLUMN overt.deployment.edited_at IS 'When';
COMMENT ON COLUMN overt.deployment.policy_version IS
    'The policy in force when it was applied for: the one it keeps';
COMMENT ON COLUMN overt.deployment.application_digest IS
    'The application, in full, as a document: what the applicant signed and what was authorised';
COMMENT ON COLUMN overt.deployment.settings_digest IS
    'The operating settings in force, as a document';
COMMENT ON COLUMN overt.deployment.authority IS
    'written, or oral until the written authorisation is there; empty before';
COMMENT ON COLUMN overt.deployment.authorisation_digest IS
    'The written authorisation''s reasons and conditions, as a document';
COMMENT ON COLUMN overt.deployment.urgent IS 'It began on an oral authorisation; stays so';
COMMENT ON COLUMN overt.deployment.oral_by IS 'Who authorised orally: never who applied';
COMMENT ON COLUMN overt.deployment.recorded_by IS
    'Who recorded that: neither who authorised nor who applied';
COMMENT ON COLUMN overt.deployment.oral_at IS 'When it was recorded';
COMMENT ON COLUMN overt.deployment.oral_digest IS 'The reasons, as recorded, as a document';
COMMENT ON COLUMN overt.deployment.written_due_at IS
    'By when the written authorisation has to be there; else the deployment ends and its list and alerts go at once';
COMMENT ON COLUMN overt.deployment.end_reason IS
    'Why it ended; after urgent_refused and urgent_lapsed its list and alerts are due for erasure at once';
COMMENT ON COLUMN overt.deployment.location_type IS 'What kind of place it is';
COMMENT ON COLUMN overt.deployment.latitude_e6 IS 'Where: degrees x 1,000,000, WGS 84';
COMMENT ON COLUMN overt.deployment.longitude_e6 IS 'Where: degrees x 1,000,000, WGS 84';
COMMENT ON COLUMN overt.deployment.flags IS
    'What makes the place sensitive: each needs the higher authority';
COMMENT ON COLUMN overt.deployment.expected_footfall IS 'How many people are expected to pass';
COMMENT ON COLUMN overt.deployment.expected_entries IS 'How many subjects are expected to be listed';
COMMENT ON COLUMN overt.deployment.retention_watchlist_h IS
    'Hours from the close to the erasure of the watchlist';
COMMENT ON COLUMN overt.deployment.retention_alert_h IS
    'Hours from an alert to its erasure: false, cannot tell, unadjudicated';
COMMENT ON COLUMN overt.deployment.retention_true_alert_h IS
    'Hours from an alert to its erasure: true or confirmed true';

CREATE TABLE overt.deployment_camera (
    deployment_id uuid NOT NULL
        CONSTRAINT deployment_camera_deployment REFERENCES overt.deployment (id),
    site_id uuid NOT NULL,
    camera text NOT NULL
        CONSTRAINT deployment_camera_name CHECK (camera ~ '^[A-Za-z0-9._-]{1,64}$'),
    zone integer[] NOT NULL DEFAULT '{}'
        CONSTRAINT deployment_camera_zone CHECK (
            cardinality(zone) = 0
            OR (cardinality(zone) BETWEEN 6 AND 64 AND cardinality(zone) % 2 = 0
                AND 0 <= ALL (zone) AND 10000 >= ALL (zone))),
    CONSTRAINT deployment_camera_key PRIMARY KEY (deployment_id, site_id, camera),
    CONSTRAINT deployment_camera_site FOREIGN KEY (deployment_id, site_id)
        REFERENCES overt.deployment_site (deployment_id, site_id) DEFERRABLE INITIALLY DEFERRED
);
COMMENT ON TABLE overt.deployment_camera IS
    'The cameras that a deployment''s application names; none: any (exercises only)';
COMMENT ON COLUMN overt.deployment_camera.deployment_id IS 'The deployment';
COMMENT ON COLUMN overt.deployment_camera.site_id IS 'The site that sends its pictures';
COMMENT ON COLUMN overt.deployment_camera.camera IS 'Its name, as the client has it';
COMMENT ON COLUMN overt.deployment_camera.zone IS
    'Zone of recognition: x, y, x, y ... in ten-thousandths of the picture; empty: all of it';

CREATE TABLE overt.deployment_category (
    deployment_id uuid NOT NULL
        CONSTRAINT deployment_category_deployment REFERENCES overt.deployment (id),
    category text NOT NULL
        CONSTRAINT deployment_category_code CHECK (category ~ '^[a-z_]{1,40}$'),
    CONSTRAINT deployment_category_key PRIMARY KEY (deployment_id, category)
);
COMMENT ON TABLE overt.deployment_category IS
    'Who may be listed: the categories that the application names; none: any (exercises only)';
COMMENT ON COLUMN overt.deployment_category.deployment_id IS 'The deployment';
COMMENT ON COLUMN overt.deployment_category.category IS 'A category of entries';

-- --- rules ---------------------------------------------------------------------------------------

CREATE FUNCTION overt.require_role(person_id uuid, VARIADIC wanted text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    -- The lock: a suspension and a decision take turns.
    PERFORM FROM overt.principal WHERE id = person_id FOR SHARE;
    PERFORM overt.require_person(person_id);
    IF NOT EXISTS (SELECT FROM overt.principal_role
                   WHERE principal_id = person_id AND role = ANY (wanted)) THEN
        RAISE EXCEPTION 'whoever decides this has to be one of %', wanted
            USING ERRCODE = 'check_violation', CONSTRAINT = 'role_required';
    END IF;
END
$body$;
COMMENT ON FUNCTION overt.require_role(uuid, text[]) IS
    'Fails unless this is an active person who holds one of the roles';

CREATE FUNCTION overt.require_document(
    document_digest bytea, document_kind text, for_deployment uuid) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF NOT EXISTS (SELECT FROM audit.document
                   WHERE digest = document_digest AND kind = document_kind
                     AND deployment_id = for_deployment) THEN
        RAISE EXCEPTION 'there is no document % of this deployment', document_kind
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_document';
    END IF;
END
$body$;
COMMENT ON FUNCTION overt.require_document(bytea, text, uuid) IS
    'Fails unless this is a document of that kind about that deployment';

CREATE OR REPLACE FUNCTION overt.deployment_check_new() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF NEW.state <> 'draft' OR NEW.applied_at IS NOT NULL OR NEW.authority IS NOT NULL
       OR NEW.oral_by IS NOT NULL OR NEW.went_live_at IS NOT NULL OR NEW.gallery_version <> 0
       OR NEW.revision <> 1 OR NEW.policy_version IS NOT NULL
       OR NEW.authorisation_digest IS NOT NULL THEN
        RAISE EXCEPTION 'a deployment begins as a draft, not as %', NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_step';
    END IF;
    PERFORM overt.require_role(NEW.applied_by, 'applicant');
    PERFORM overt.require_document(NEW.application_digest, 'application', NEW.id);
    PERFORM overt.require_document(NEW.settings_digest, 'settings', NEW.id);
    RETURN NEW;
END
$body$;

CREATE OR REPLACE FUNCTION overt.deployment_check_step() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF NOT EXISTS (SELECT FROM overt.deployment_step
                   WHERE from_state = OLD.state AND to_state = NEW.state) THEN
        RAISE EXCEPTION 'a deployment does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_step';
    END IF;
    IF NEW.state = 'applied' THEN
        PERFORM overt.require_role(NEW.applied_by, 'applicant');
        IF NEW.policy_version IS DISTINCT FROM (
            SELECT max(version) FROM overt.policy_decision WHERE decision = 'approved') THEN
            RAISE EXCEPTION 'it is applied for under the policy in force'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_policy_in_force';
        END IF;
    END IF;
    IF NEW.state = 'authorised' AND NEW.applied_by IN (NEW.authorised_by, NEW.oral_by) THEN
        RAISE EXCEPTION 'who applied does not authorise'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_two_people';
    END IF;
    IF NEW.state = 'authorised' AND NEW.authority = 'oral' THEN
        PERFORM overt.require_role(NEW.oral_by, 'authorising_officer', 'higher_authority');
        PERFORM overt.require_role(NEW.recorded_by, 'deployment_lead');
        PERFORM overt.require_document(NEW.oral_digest, 'oral_authorisation', NEW.id);
        -- The database's own clock; a day is the most that any policy allows.
        IF NEW.written_due_at <= clock_timestamp()
           OR NEW.written_due_at > clock_timestamp() + make_interval(hours => coalesce(
               (SELECT urgent_written_max_h FROM overt.policy WHERE version = NEW.policy_version),
               24)) THEN
            RAISE EXCEPTION 'the written authorisation is due within the urgent period'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_written_due';
        END IF;
    ELSIF NEW.state = 'authorised' THEN
        PERFORM overt.require_role(NEW.authorised_by, 'authorising_officer', 'higher_authority');
        PERFORM overt.require_document(NEW.authorisation_digest, 'authorisation', NEW.id);
    END IF;
    -- The database's own clock: a server whose clock is wrong does not go live by it.
    IF NEW.state = 'live' AND (clock_timestamp() < NEW.starts_at
                               OR clock_timestamp() >= NEW.ends_at) THEN
        RAISE EXCEPTION 'a deployment is live inside its window only'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_outside_window';
    END IF;
    IF NEW.state = 'live' AND NEW.authority = 'oral'
       AND clock_timestamp() >= NEW.written_due_at THEN
        RAISE EXCEPTION 'the written authorisation has not come in time'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_urgent_lapsed';
    END IF;
    IF NEW.state = 'live' AND NEW.kind = 'operational' AND NOT EXISTS (
        SELECT FROM overt.deployment_camera WHERE deployment_id = NEW.id) THEN
        RAISE EXCEPTION 'an operational deployment names its cameras'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_no_cameras';
    END IF;
    IF (NEW.state = 'refused' AND NEW.end_reason IS DISTINCT FROM 'refused')
       -- What rested on an oral authorisation is accounted for in writing, also if it was never live.
       OR (NEW.state = 'cancelled' AND (coalesce(NEW.end_reason, '') NOT IN ('cancelled', 'lapsed')
                                        OR NEW.authority = 'oral'))
       OR (NEW.state = 'closed' AND coalesce(NEW.end_reason, '') NOT IN (
               'stopped', 'window_closed', 'urgent_refused', 'urgent_lapsed'))
       OR (NEW.end_reason IN ('urgent_refused', 'urgent_lapsed')
           AND NEW.authority IS DISTINCT FROM 'oral' AND NEW.state <> 'erased') THEN
        RAISE EXCEPTION 'this is no reason for which it becomes %', NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_end_reason';
    END IF;
    -- The clock of erasure does not start later than now, whatever the server takes for now.
    IF NEW.closed_at > clock_timestamp() AND OLD.closed_at IS NULL THEN
        NEW.closed_at := clock_timestamp();
    END IF;
    IF NEW.state = 'erased' AND EXISTS (
        SELECT FROM pg_class
        WHERE relnamespace = 'watchlist'::regnamespace
          AND relname IN ('entry_' || replace(NEW.id::text, '-', ''),
                          'image_' || replace(NEW.id::text, '-', ''))) THEN
        RAISE EXCEPTION 'the watchlist of the deployment is still there'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_not_erased';
    END IF;
    RETURN NEW;
END
$body$;

-- The written authorisation after the oral one, in whatever state that has led to.
CREATE FUNCTION overt.deployment_check_written(
    was overt.deployment, becomes overt.deployment) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF becomes.authority IS DISTINCT FROM 'written'
       OR was.state NOT IN ('authorised', 'live', 'paused', 'closed')
       OR was.end_reason IN ('urgent_refused', 'urgent_lapsed')
       OR clock_timestamp() >= was.written_due_at THEN
        RAISE EXCEPTION 'an oral authorisation is followed by a written one, in time'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_urgent_lapsed';
    END IF;
    IF becomes.authorised_by = becomes.applied_by THEN
        RAISE EXCEPTION 'who applied does not authorise'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_two_people';
    END IF;
    PERFORM overt.require_role(becomes.authorised_by, 'authorising_officer', 'higher_authority');
    PERFORM overt.require_document(becomes.authorisation_digest, 'authorisation', becomes.id);
END
$body$;
COMMENT ON FUNCTION overt.deployment_check_written(overt.deployment, overt.deployment) IS
    'Fails unless a written authorisation may follow the oral one now';

CREATE OR REPLACE FUNCTION overt.deployment_check_fixed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    free text[] := ARRAY['state', 'state_at', 'gallery_version'];
    stepped boolean := NEW.state <> OLD.state;
    -- The operating settings; those of later migrations are called gate_.
    settings text[] := ARRAY['threshold', 'cool_down_s', 'min_face_px', 'settings_digest']
        || ARRAY(SELECT key FROM jsonb_object_keys(to_jsonb(NEW)) AS key WHERE key ^@ 'gate_');
BEGIN
    IF OLD.state = 'draft' AND NEW.state IN ('draft', 'applied') THEN
        free := free || settings || ARRAY[
            'name', 'purpose', 'kind', 'starts_at', 'ends_at', 'model_digest', 'revision',
            'edited_by', 'edited_at', 'application_digest', 'location_type', 'latitude_e6',
            'longitude_e6', 'flags', 'expected_footfall', 'expected_entries',
            'retention_watchlist_h', 'retention_alert_h', 'retention_true_alert_h'];
        PERFORM overt.require_document(NEW.application_digest, 'application', NEW.id);
        IF NOT stepped AND NEW.revision <> OLD.revision + 1 THEN
            RAISE EXCEPTION 'the draft has been changed meanwhile'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_changed';
        END IF;
    END IF;
    IF NEW.settings_digest IS DISTINCT FROM OLD.settings_digest THEN
        PERFORM overt.require_document(NEW.settings_digest, 'settings', NEW.id);
        -- Not with the step that authorises: what was signed is what comes into force.
        IF OLD.state IN ('authorised', 'live', 'paused') THEN
            free := free || settings;
        END IF;
    END IF;
    IF stepped AND NEW.state = 'applied' THEN
        free := free || ARRAY['applied_by', 'applied_at', 'policy_version'];
    ELSIF stepped AND NEW.state = 'authorised' AND NEW.authority = 'oral' THEN
        free := free || ARRAY['authority', 'urgent', 'oral_by', 'recorded_by', 'oral_at',
                              'oral_digest', 'written_due_at'];
    ELSIF stepped AND NEW.state = 'authorised' THEN
        free := free || ARRAY['authority', 'authorised_by', 'authorised_at',
                              'authorisation_digest'];
    ELSIF stepped AND NEW.state = 'live' AND OLD.went_live_at IS NULL THEN
        free := free || ARRAY['went_live_at'];
    ELSIF stepped AND NEW.state IN ('closed', 'refused', 'cancelled') THEN
        free := free || ARRAY['closed_at', 'end_reason'];
    ELSIF stepped AND NEW.state = 'erased' THEN
        free := free || ARRAY['erased_at'];
    ELSIF NOT stepped AND OLD.authority = 'oral' AND NEW.authority IS DISTINCT FROM 'oral' THEN
        PERFORM overt.deployment_check_written(OLD, NEW);
        free := free || ARRAY['authority', 'authorised_by', 'authorised_at',
                              'authorisation_digest'];
    ELSIF NOT stepped AND OLD.state = 'closed' AND OLD.authority = 'oral'
          AND OLD.end_reason IN ('stopped', 'window_closed')
          AND NEW.end_reason IN ('urgent_refused', 'urgent_lapsed') THEN
        free := free || ARRAY['end_reason'];
    END IF;
    IF NEW.end_reason = 'urgent_lapsed' AND OLD.end_reason IS DISTINCT FROM 'urgent_lapsed'
       AND clock_timestamp() < NEW.written_due_at THEN
        RAISE EXCEPTION 'there is still time for the written authorisation'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_end_reason';
    END IF;
    IF to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free
       OR NEW.gallery_version < OLD.gallery_version
       OR (NEW.state_at IS DISTINCT FROM OLD.state_at AND NOT stepped) THEN
        RAISE EXCEPTION 'what was applied for, and when things happened, does not change afterwards'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_fixed';
    END IF;
    RETURN NEW;
END
$body$;

CREATE OR REPLACE FUNCTION overt.deployment_check_site() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    state_now text;
BEGIN
    SELECT state INTO state_now FROM overt.deployment
    WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.deployment_id ELSE NEW.deployment_id END
    FOR SHARE;
    IF state_now IS DISTINCT FROM 'draft' THEN
        RAISE EXCEPTION 'sites, cameras and categories are named in the draft, not in state %',
                        state_now
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_fixed';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$body$;
COMMENT ON FUNCTION overt.deployment_check_site() IS
    'Trigger: sites, cameras and categories are part of the application';

CREATE TRIGGER deployment_site_gone BEFORE DELETE ON overt.deployment_site
    FOR EACH ROW EXECUTE FUNCTION overt.deployment_check_site();
CREATE TRIGGER deployment_camera_check BEFORE INSERT OR UPDATE OR DELETE
    ON overt.deployment_camera
    FOR EACH ROW EXECUTE FUNCTION overt.deployment_check_site();
CREATE CONSTRAINT TRIGGER deployment_camera_audited
    AFTER INSERT OR UPDATE OR DELETE ON overt.deployment_camera DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();
CREATE TRIGGER deployment_category_check BEFORE INSERT OR UPDATE OR DELETE
    ON overt.deployment_category
    FOR EACH ROW EXECUTE FUNCTION overt.deployment_check_site();
CREATE CONSTRAINT TRIGGER deployment_category_audited
    AFTER INSERT OR UPDATE OR DELETE ON overt.deployment_category DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();
CREATE CONSTRAINT TRIGGER deployment_changed_audited
    AFTER UPDATE OF revision, application_digest, settings_digest, authority, end_reason
    ON overt.deployment DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

GRANT SELECT, INSERT, DELETE ON overt.deployment_camera, overt.deployment_category
    TO overt_server;
GRANT DELETE ON overt.deployment_site TO overt_server;
GRANT SELECT ON overt.deployment_step TO overt_server;
GRANT UPDATE (name, purpose, kind, starts_at, ends_at, threshold, cool_down_s, min_face_px,
              model_digest, applied_by, applied_at, revision, edited_by, edited_at,
              policy_version, application_digest, settings_digest, authority,
              authorisation_digest, urgent, oral_by, recorded_by, oral_at, oral_digest,
              written_due_at, end_reason, location_type, latitude_e6, longitude_e6, flags,
              expected_footfall, expected_entries, retention_watchlist_h, retention_alert_h,
              retention_true_alert_h) ON overt.deployment TO overt_server;

RESET ROLE;

-- migrate:down

SET LOCAL ROLE overt_owner;

DO $guard$
BEGIN
    IF EXISTS (SELECT FROM overt.deployment) THEN
        RAISE EXCEPTION 'overt.deployment holds deployments: the schema is not taken down'
            USING HINT = 'To begin anew, make a new database.';
    END IF;
END
$guard$;
DROP TABLE overt.deployment_category;
DROP TABLE overt.deployment_camera;
DROP TRIGGER deployment_site_gone ON overt.deployment_site;
DROP TRIGGER deployment_changed_audited ON overt.deployment;
DROP FUNCTION overt.deployment_check_written(overt.deployment, overt.deployment);
DROP FUNCTION overt.require_document(bytea, text, uuid);
DROP FUNCTION overt.require_role(uuid, text[]);
ALTER TABLE overt.deployment DROP CONSTRAINT deployment_authority;
ALTER TABLE overt.deployment
    DROP COLUMN revision,
    DROP COLUMN edited_by,
    DROP COLUMN edited_at,
    DROP COLUMN policy_version,
    DROP COLUMN application_digest,
    DROP COLUMN settings_digest,
    DROP COLUMN authority,
    DROP COLUMN authorisation_digest,
    DROP COLUMN urgent,
    DROP COLUMN oral_by,
    DROP COLUMN recorded_by,
    DROP COLUMN oral_at,
    DROP COLUMN oral_digest,
    DROP COLUMN written_due_at,
    DROP COLUMN end_reason,
    DROP COLUMN location_type,
    DROP COLUMN latitude_e6,
    DROP COLUMN longitude_e6,
    DROP COLUMN flags,
    DROP COLUMN expected_footfall,
    DROP COLUMN expected_entries,
    DROP COLUMN retention_watchlist_h,
    DROP COLUMN retention_alert_h,
    DROP COLUMN retention_true_alert_h,
    ADD CONSTRAINT deployment_authority CHECK (
        (authorised_by IS NULL) = (authorised_at IS NULL)
        AND (authorised_by IS NOT NULL OR state IN (
            'draft', 'applied', 'refused', 'cancelled', 'erased')));
REVOKE SELECT ON overt.deployment_step FROM overt_server;
REVOKE DELETE ON overt.deployment_site FROM overt_server;
REVOKE UPDATE (name, purpose, kind, starts_at, ends_at, threshold, cool_down_s, min_face_px,
               model_digest, applied_by, applied_at) ON overt.deployment FROM overt_server;

CREATE OR REPLACE FUNCTION overt.deployment_check_new() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF NEW.state NOT IN ('draft', 'applied') OR NEW.authorised_by IS NOT NULL
       OR NEW.went_live_at IS NOT NULL OR NEW.gallery_version <> 0 THEN
        RAISE EXCEPTION 'a deployment begins as a draft or an application, not as %', NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_step';
    END IF;
    PERFORM overt.require_person(NEW.applied_by);
    RETURN NEW;
END
$body$;

CREATE OR REPLACE FUNCTION overt.deployment_check_step() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF NOT EXISTS (SELECT FROM overt.deployment_step
                   WHERE from_state = OLD.state AND to_state = NEW.state) THEN
        RAISE EXCEPTION 'a deployment does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_step';
    END IF;
    IF NEW.state = 'authorised' THEN
        PERFORM overt.require_person(NEW.authorised_by);
    END IF;
    -- The database's own clock: a server whose clock is wrong does not go live by it.
    IF NEW.state = 'live' AND (clock_timestamp() < NEW.starts_at
                               OR clock_timestamp() >= NEW.ends_at) THEN
        RAISE EXCEPTION 'a deployment is live inside its window only'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_outside_window';
    END IF;
    IF NEW.state = 'erased' AND EXISTS (
        SELECT FROM pg_class
        WHERE relnamespace = 'watchlist'::regnamespace
          AND relname IN ('entry_' || replace(NEW.id::text, '-', ''),
                          'image_' || replace(NEW.id::text, '-', ''))) THEN
        RAISE EXCEPTION 'the watchlist of the deployment is still there'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_not_erased';
    END IF;
    RETURN NEW;
END
$body$;

CREATE OR REPLACE FUNCTION overt.deployment_check_fixed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    free text[] := ARRAY['state', 'state_at', 'gallery_version'];
    stepped boolean := NEW.state <> OLD.state;
BEGIN
    IF OLD.state = 'draft' AND NEW.state IN ('draft', 'applied') THEN
        free := free || ARRAY['name', 'purpose', 'kind', 'starts_at', 'ends_at', 'threshold',
                              'cool_down_s', 'min_face_px', 'model_digest', 'applied_at'];
    END IF;
    IF stepped AND NEW.state = 'authorised' THEN
        free := free || ARRAY['authorised_by', 'authorised_at'];
    ELSIF stepped AND NEW.state = 'live' AND OLD.went_live_at IS NULL THEN
        free := free || ARRAY['went_live_at'];
    ELSIF stepped AND NEW.state IN ('closed', 'refused', 'cancelled') THEN
        free := free || ARRAY['closed_at'];
    ELSIF stepped AND NEW.state = 'erased' THEN
        free := free || ARRAY['erased_at'];
    END IF;
    IF to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free
       OR NEW.gallery_version < OLD.gallery_version
       OR (NEW.state_at IS DISTINCT FROM OLD.state_at AND NOT stepped) THEN
        RAISE EXCEPTION 'what was applied for, and when things happened, does not change afterwards'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_fixed';
    END IF;
    RETURN NEW;
END
$body$;

CREATE OR REPLACE FUNCTION overt.deployment_check_site() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    state_now text;
BEGIN
    SELECT state INTO state_now FROM overt.deployment WHERE id = NEW.deployment_id FOR SHARE;
    IF state_now NOT IN ('draft', 'applied') THEN
        RAISE EXCEPTION 'sites are named before the authorisation, not in state %', state_now
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_fixed';
    END IF;
    RETURN NEW;
END
$body$;

COMMENT ON FUNCTION overt.deployment_check_site() IS 'Trigger: sites are part of the application';

RESET ROLE;
