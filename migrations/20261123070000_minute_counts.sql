-- migrate:up

SET LOCAL ROLE overt_owner;

CREATE TABLE audit.minute_count (
    deployment_id uuid NOT NULL,
    site_id uuid NOT NULL,
    run_id uuid NOT NULL,
    camera text NOT NULL
        CONSTRAINT minute_count_camera CHECK (camera ~ '^[A-Za-z0-9._-]{1,64}$'),
    minute timestamptz NOT NULL
        CONSTRAINT minute_count_minute CHECK (
            date_bin('1 minute', minute, TIMESTAMPTZ '2000-01-01 00:00:00+00') = minute),
    faces_seen bigint NOT NULL,
    probes_sent bigint NOT NULL,
    rejected_too_small bigint NOT NULL,
    rejected_cut_off bigint NOT NULL,
    rejected_turned bigint NOT NULL,
    rejected_too_dark bigint NOT NULL,
    rejected_too_bright bigint NOT NULL,
    rejected_blurred bigint NOT NULL,
    rejected_capacity bigint NOT NULL,
    reported_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT minute_count_key PRIMARY KEY (deployment_id, site_id, run_id, camera, minute),
    CONSTRAINT minute_count_range CHECK (
        least(faces_seen, probes_sent, rejected_too_small, rejected_cut_off, rejected_turned,
              rejected_too_dark, rejected_too_bright, rejected_blurred, rejected_capacity) >= 0
        AND greatest(faces_seen, probes_sent, rejected_too_small, rejected_cut_off,
                     rejected_turned, rejected_too_dark, rejected_too_bright, rejected_blurred,
                     rejected_capacity) <= 4294967295)
);
COMMENT ON TABLE audit.minute_count IS
    'A camera''s minute as its site reports it: how many people were seen. No person is in it';
COMMENT ON COLUMN audit.minute_count.deployment_id IS 'The deployment';
COMMENT ON COLUMN audit.minute_count.site_id IS 'The site';
COMMENT ON COLUMN audit.minute_count.run_id IS 'The client''s run, random at its start';
COMMENT ON COLUMN audit.minute_count.camera IS 'The camera''s name at its site';
COMMENT ON COLUMN audit.minute_count.minute IS 'Start of the minute';
COMMENT ON COLUMN audit.minute_count.faces_seen IS
    'Finished tracks in the zone; for still images, detections';
COMMENT ON COLUMN audit.minute_count.probes_sent IS 'Faces sent to be compared';
COMMENT ON COLUMN audit.minute_count.rejected_too_small IS 'Not compared: too few pixels';
COMMENT ON COLUMN audit.minute_count.rejected_cut_off IS 'Not compared: partly outside the image';
COMMENT ON COLUMN audit.minute_count.rejected_turned IS 'Not compared: turned away';
COMMENT ON COLUMN audit.minute_count.rejected_too_dark IS 'Not compared: too dark';
COMMENT ON COLUMN audit.minute_count.rejected_too_bright IS 'Not compared: too bright';
COMMENT ON COLUMN audit.minute_count.rejected_blurred IS 'Not compared: blurred';
COMMENT ON COLUMN audit.minute_count.rejected_capacity IS
    'Not compared: the client or the server was at its limit';
COMMENT ON COLUMN audit.minute_count.reported_at IS 'When the report came, by the database''s clock';

CREATE TABLE audit.server_minute_count (
    server_run uuid NOT NULL,
    deployment_id uuid NOT NULL,
    site_id uuid NOT NULL,
    minute timestamptz NOT NULL
        CONSTRAINT server_minute_count_minute CHECK (
            date_bin('1 minute', minute, TIMESTAMPTZ '2000-01-01 00:00:00+00') = minute),
    probes_compared bigint NOT NULL,
    alerts bigint NOT NULL,
    suppressed bigint NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT server_minute_count_key PRIMARY KEY (server_run, deployment_id, site_id, minute),
    CONSTRAINT server_minute_count_range CHECK (
        least(probes_compared, alerts, suppressed) >= 0
        AND greatest(probes_compared, alerts, suppressed) <= 4294967295)
);
COMMENT ON TABLE audit.server_minute_count IS
    'A site''s minute as a match server counted it: the check on what the site reports';
COMMENT ON COLUMN audit.server_minute_count.server_run IS
    'The server''s run, random at its start; another one after its clock was set back';
COMMENT ON COLUMN audit.server_minute_count.deployment_id IS 'The deployment';
COMMENT ON COLUMN audit.server_minute_count.site_id IS 'The site';
COMMENT ON COLUMN audit.server_minute_count.minute IS 'Start of the minute';
COMMENT ON COLUMN audit.server_minute_count.probes_compared IS 'Probes compared with the watchlist';
COMMENT ON COLUMN audit.server_minute_count.alerts IS 'Alerts raised';
COMMENT ON COLUMN audit.server_minute_count.suppressed IS
    'At or above the threshold, but on the same track as an alert or inside its cool-down';
COMMENT ON COLUMN audit.server_minute_count.written_at IS 'When it was written';

CREATE FUNCTION audit.count_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF NOT EXISTS (SELECT FROM overt.deployment_site
                   WHERE deployment_id = NEW.deployment_id AND site_id = NEW.site_id) THEN
        RAISE EXCEPTION 'the site is not part of the deployment'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'count_unknown_site';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION audit.count_check() IS 'Trigger: counts are of a deployment and its own sites';

CREATE TRIGGER minute_count_check BEFORE INSERT ON audit.minute_count
    FOR EACH ROW EXECUTE FUNCTION audit.count_check();
CREATE TRIGGER server_minute_count_check BEFORE INSERT ON audit.server_minute_count
    FOR EACH ROW EXECUTE FUNCTION audit.count_check();
CREATE TRIGGER minute_count_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.minute_count
    FOR EACH STATEMENT EXECUTE FUNCTION overt.refuse_change();
CREATE TRIGGER server_minute_count_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.server_minute_count
    FOR EACH STATEMENT EXECUTE FUNCTION overt.refuse_change();
ALTER TABLE audit.minute_count ENABLE ALWAYS TRIGGER minute_count_append_only;
ALTER TABLE audit.server_minute_count ENABLE ALWAYS TRIGGER server_minute_count_append_only;

GRANT INSERT ON audit.minute_count, audit.server_minute_count TO overt_server;
GRANT SELECT ON audit.minute_count, audit.server_minute_count TO overt_oversight;

RESET ROLE;

-- migrate:down

-- Rolling back begins here, so this is where records stop it.
DO $guard$
BEGIN
    IF EXISTS (SELECT FROM audit.event) OR EXISTS (SELECT FROM audit.minute_count)
       OR EXISTS (SELECT FROM audit.server_minute_count) THEN
        RAISE EXCEPTION 'schema audit holds records: the schema is not taken down'
            USING HINT = 'To begin anew, make a new database.';
    END IF;
END
$guard$;
DROP TABLE audit.server_minute_count;
DROP TABLE audit.minute_count;
DROP FUNCTION audit.count_check();
