-- migrate:up

SET LOCAL ROLE overt_owner;

CREATE TABLE overt.deployment (
    id uuid CONSTRAINT deployment_key PRIMARY KEY,
    name text NOT NULL
        CONSTRAINT deployment_name CHECK (octet_length(name) BETWEEN 1 AND 120),
    purpose text NOT NULL
        CONSTRAINT deployment_purpose CHECK (octet_length(purpose) BETWEEN 1 AND 2000),
    kind text NOT NULL
        CONSTRAINT deployment_kind CHECK (kind IN ('exercise', 'operational')),
    state text NOT NULL
        CONSTRAINT deployment_state CHECK (state IN (
            'draft', 'applied', 'authorised', 'live', 'paused', 'closed', 'erased', 'refused',
            'cancelled')),
    state_at timestamptz NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    threshold real NOT NULL
        CONSTRAINT deployment_threshold CHECK (threshold > 0 AND threshold < 1),
    cool_down_s integer NOT NULL
        CONSTRAINT deployment_cool_down CHECK (cool_down_s BETWEEN 0 AND 86400),
    min_face_px integer NOT NULL
        CONSTRAINT deployment_min_face CHECK (min_face_px BETWEEN 1 AND 10000),
    model_digest bytea NOT NULL
        CONSTRAINT deployment_model_digest CHECK (octet_length(model_digest) = 32),
    applied_by uuid NOT NULL
        CONSTRAINT deployment_applied_by REFERENCES overt.principal (id),
    applied_at timestamptz,
    authorised_by uuid
        CONSTRAINT deployment_authorised_by REFERENCES overt.principal (id),
    authorised_at timestamptz,
    went_live_at timestamptz,
    closed_at timestamptz,
    erased_at timestamptz,
    gallery_version bigint NOT NULL DEFAULT 0,
    CONSTRAINT deployment_window CHECK (
        ends_at > starts_at AND ends_at <= starts_at + interval '24 hours'),
    CONSTRAINT deployment_two_people CHECK (authorised_by <> applied_by),
    CONSTRAINT deployment_authority CHECK (
        (authorised_by IS NULL) = (authorised_at IS NULL)
        AND (authorised_by IS NOT NULL OR state IN (
            'draft', 'applied', 'refused', 'cancelled', 'erased'))),
    CONSTRAINT deployment_times CHECK (
        (applied_at IS NOT NULL OR state IN ('draft', 'cancelled', 'erased'))
        AND (went_live_at IS NOT NULL OR state NOT IN ('live', 'paused'))
        AND (closed_at IS NOT NULL) = (state IN ('closed', 'refused', 'cancelled', 'erased'))
        AND (erased_at IS NOT NULL) = (state = 'erased'))
);
CREATE UNIQUE INDEX deployment_name_unique ON overt.deployment (name)
    WHERE state IN ('draft', 'applied', 'authorised', 'live', 'paused');
CREATE INDEX deployment_by_time ON overt.deployment (applied_at);
CREATE INDEX deployment_running ON overt.deployment (id) WHERE state IN ('live', 'paused');
COMMENT ON TABLE overt.deployment IS
    'The authority under which anything is searched: one place, one window, one watchlist. Never deleted';
COMMENT ON COLUMN overt.deployment.id IS 'Random';
COMMENT ON COLUMN overt.deployment.name IS 'What people call it; unique among those not yet ended';
COMMENT ON COLUMN overt.deployment.purpose IS 'Why, in the applicant''s words';
COMMENT ON COLUMN overt.deployment.kind IS
    'operational, or exercise: volunteers or published test images only';
COMMENT ON COLUMN overt.deployment.state IS 'See overt.deployment_step for the legal order';
COMMENT ON COLUMN overt.deployment.state_at IS 'When it came into this state, by the server''s clock';
COMMENT ON COLUMN overt.deployment.starts_at IS 'The authorised window begins';
COMMENT ON COLUMN overt.deployment.ends_at IS 'The authorised window ends: 24 hours later at most';
COMMENT ON COLUMN overt.deployment.threshold IS
    'Cosine at and above which an alert is raised; valid for model_digest only';
COMMENT ON COLUMN overt.deployment.cool_down_s IS 'No second alert for one entry within these seconds';
COMMENT ON COLUMN overt.deployment.min_face_px IS 'Smallest face looked for';
COMMENT ON COLUMN overt.deployment.model_digest IS 'SHA-256 of the model pack';
COMMENT ON COLUMN overt.deployment.applied_by IS 'Who applied';
COMMENT ON COLUMN overt.deployment.applied_at IS 'When; empty for a draft';
COMMENT ON COLUMN overt.deployment.authorised_by IS 'Who authorised: never who applied';
COMMENT ON COLUMN overt.deployment.authorised_at IS 'When';
COMMENT ON COLUMN overt.deployment.went_live_at IS 'When it first went live';
COMMENT ON COLUMN overt.deployment.closed_at IS
    'When it ended: closed, refused or cancelled. The clock for erasing its watchlist';
COMMENT ON COLUMN overt.deployment.erased_at IS 'When its watchlist was gone';
COMMENT ON COLUMN overt.deployment.gallery_version IS 'Counts the changes of the searched list';

CREATE TABLE overt.deployment_step (
    from_state text NOT NULL,
    to_state text NOT NULL,
    CONSTRAINT deployment_step_key PRIMARY KEY (from_state, to_state)
);
COMMENT ON TABLE overt.deployment_step IS 'The legal steps of a deployment; there are no others';
COMMENT ON COLUMN overt.deployment_step.from_state IS 'The state before';
COMMENT ON COLUMN overt.deployment_step.to_state IS 'The state after';
INSERT INTO overt.deployment_step (from_state, to_state) VALUES
    ('draft', 'applied'),
    ('draft', 'cancelled'),
    ('applied', 'authorised'),
    ('applied', 'refused'),
    ('applied', 'cancelled'),
    ('authorised', 'live'),
    ('authorised', 'closed'), -- its window passed without going live
    ('authorised', 'cancelled'),
    ('live', 'paused'),
    ('live', 'closed'),
    ('paused', 'live'),
    ('paused', 'closed'),
    ('closed', 'erased'),
    ('refused', 'erased'),
    ('cancelled', 'erased');

CREATE TABLE overt.deployment_site (
    deployment_id uuid NOT NULL
        CONSTRAINT deployment_site_deployment REFERENCES overt.deployment (id),
    site_id uuid NOT NULL
        CONSTRAINT deployment_site_site REFERENCES overt.site (id),
    CONSTRAINT deployment_site_key PRIMARY KEY (deployment_id, site_id)
);
CREATE INDEX deployment_site_by_site ON overt.deployment_site (site_id);
COMMENT ON TABLE overt.deployment_site IS 'From which sites a deployment takes probes';
COMMENT ON COLUMN overt.deployment_site.deployment_id IS 'The deployment';
COMMENT ON COLUMN overt.deployment_site.site_id IS 'A site that its application names';

CREATE FUNCTION overt.deployment_check_new() RETURNS trigger
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
COMMENT ON FUNCTION overt.deployment_check_new() IS 'Trigger: what a new deployment may be';

CREATE FUNCTION overt.deployment_check_step() RETURNS trigger
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
COMMENT ON FUNCTION overt.deployment_check_step() IS 'Trigger: whether a step is legal now';

-- What was applied for and authorised stays as it was; times are written once, by their own step.
CREATE FUNCTION overt.deployment_check_fixed() RETURNS trigger
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
COMMENT ON FUNCTION overt.deployment_check_fixed() IS 'Trigger: which columns a change may touch';

CREATE FUNCTION overt.deployment_check_site() RETURNS trigger
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

CREATE FUNCTION overt.deployment_notify() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    PERFORM pg_notify('overt_gallery', NEW.id::text);
    RETURN NULL;
END
$body$;
COMMENT ON FUNCTION overt.deployment_notify() IS
    'Trigger: wakes the servers when a gallery or a state changed. The payload is the deployment';

CREATE TRIGGER deployment_new BEFORE INSERT ON overt.deployment
    FOR EACH ROW EXECUTE FUNCTION overt.deployment_check_new();
-- UPDATE OF fires for a step to the same state as well, which is not a step. Triggers fire in the
-- order of their names: whether the step is legal is asked first.
CREATE TRIGGER deployment_1_step BEFORE UPDATE OF state ON overt.deployment
    FOR EACH ROW EXECUTE FUNCTION overt.deployment_check_step();
CREATE TRIGGER deployment_2_fixed BEFORE UPDATE ON overt.deployment
    FOR EACH ROW EXECUTE FUNCTION overt.deployment_check_fixed();
CREATE TRIGGER deployment_notify AFTER UPDATE OF state, gallery_version ON overt.deployment
    FOR EACH ROW EXECUTE FUNCTION overt.deployment_notify();
CREATE CONSTRAINT TRIGGER deployment_audited
    AFTER INSERT OR UPDATE OF state ON overt.deployment DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();
CREATE TRIGGER deployment_site_new BEFORE INSERT OR UPDATE ON overt.deployment_site
    FOR EACH ROW EXECUTE FUNCTION overt.deployment_check_site();
CREATE CONSTRAINT TRIGGER deployment_site_audited
    AFTER INSERT OR UPDATE OR DELETE ON overt.deployment_site DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

GRANT SELECT, INSERT ON overt.deployment, overt.deployment_site TO overt_server;
GRANT UPDATE (state, state_at, authorised_by, authorised_at, went_live_at, closed_at, erased_at,
              gallery_version) ON overt.deployment TO overt_server;

RESET ROLE;

-- migrate:down

DROP TABLE overt.deployment_site;
DROP TABLE overt.deployment_step;
DROP TABLE overt.deployment;
DROP FUNCTION overt.deployment_notify();
DROP FUNCTION overt.deployment_check_site();
DROP FUNCTION overt.deployment_check_fixed();
DROP FUNCTION overt.deployment_check_step();
DROP FUNCTION overt.deployment_check_new();
