-- migrate:up

SET LOCAL ROLE overt_owner;

CREATE TABLE overt.alert (
    id uuid CONSTRAINT alert_key PRIMARY KEY,
    deployment_id uuid NOT NULL
        CONSTRAINT alert_deployment REFERENCES overt.deployment (id),
    feed_number bigint NOT NULL,
    entry_id uuid NOT NULL,
    site_id uuid NOT NULL
        CONSTRAINT alert_site REFERENCES overt.site (id),
    run_id uuid NOT NULL,
    sequence bigint NOT NULL
        CONSTRAINT alert_sequence CHECK (sequence >= 1),
    camera text NOT NULL
        CONSTRAINT alert_camera CHECK (camera ~ '^[A-Za-z0-9._-]{1,64}$'),
    track bigint NOT NULL
        CONSTRAINT alert_track CHECK (track >= 0),
    captured_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    raised_at timestamptz NOT NULL,
    score real NOT NULL
        CONSTRAINT alert_score_range CHECK (score BETWEEN -1.001 AND 1.001),
    threshold real NOT NULL
        CONSTRAINT alert_threshold CHECK (threshold > 0 AND threshold < 1),
    category text NOT NULL
        CONSTRAINT alert_category CHECK (category ~ '^[a-z_]{1,40}$'),
    response text NOT NULL
        CONSTRAINT alert_response CHECK (response ~ '^[a-z_]{1,40}$'),
    crop_state text NOT NULL DEFAULT 'awaited'
        CONSTRAINT alert_crop_state CHECK (
            crop_state IN ('awaited', 'matches', 'differs', 'missing')),
    crop_score real NOT NULL DEFAULT 0
        CONSTRAINT alert_crop_score CHECK (crop_score BETWEEN -1.001 AND 1.001),
    sealed_name overt.sealed
        CONSTRAINT alert_name_size CHECK (octet_length(sealed_name) <= 4096),
    sealed_reference overt.sealed
        CONSTRAINT alert_reference_size CHECK (octet_length(sealed_reference) <= 4096),
    sealed_thumbnail overt.sealed
        CONSTRAINT alert_thumbnail_size CHECK (octet_length(sealed_thumbnail) <= 65565),
    sealed_probe overt.sealed
        CONSTRAINT alert_probe_size CHECK (octet_length(sealed_probe) <= 65565),
    sealed_crop overt.sealed
        CONSTRAINT alert_crop_size CHECK (octet_length(sealed_crop) <= 262173),
    CONSTRAINT alert_once UNIQUE (deployment_id, run_id, sequence, entry_id),
    CONSTRAINT alert_feed_unique UNIQUE (deployment_id, feed_number),
    CONSTRAINT alert_below_threshold CHECK (score >= threshold),
    CONSTRAINT alert_crop_columns CHECK (
        CASE crop_state
            WHEN 'awaited' THEN sealed_crop IS NULL
            WHEN 'missing' THEN sealed_crop IS NULL AND sealed_probe IS NULL
            WHEN 'differs' THEN sealed_probe IS NULL -- what is no picture is not kept
            ELSE sealed_crop IS NOT NULL AND sealed_probe IS NULL
        END)
);
CREATE INDEX alert_by_entry ON overt.alert (deployment_id, entry_id, raised_at);
CREATE INDEX alert_awaited ON overt.alert (deployment_id, feed_number)
    WHERE crop_state = 'awaited';
ALTER TABLE overt.alert ALTER sealed_name SET STORAGE EXTERNAL,
    ALTER sealed_reference SET STORAGE EXTERNAL, ALTER sealed_thumbnail SET STORAGE EXTERNAL,
    ALTER sealed_probe SET STORAGE EXTERNAL, ALTER sealed_crop SET STORAGE EXTERNAL;
COMMENT ON TABLE overt.alert IS
    'A probe at or above the threshold: a prompt to look. Holds copies of what it needs of its entry';
COMMENT ON COLUMN overt.alert.id IS 'Random; the owner of the alert''s key';
COMMENT ON COLUMN overt.alert.deployment_id IS 'Under which authority';
COMMENT ON COLUMN overt.alert.feed_number IS
    '1, 2, 3 ... per deployment in the order of commits; set by the database';
COMMENT ON COLUMN overt.alert.entry_id IS
    'The entry it resembles; erased earlier than the alert may be, hence no foreign key';
COMMENT ON COLUMN overt.alert.site_id IS 'Where the probe came from';
COMMENT ON COLUMN overt.alert.run_id IS 'The client''s run, random at its start';
COMMENT ON COLUMN overt.alert.sequence IS
    'The probe''s number in the run; the protocol''s uint64 is refused above 2^63-1';
COMMENT ON COLUMN overt.alert.camera IS 'The camera''s name at its site';
COMMENT ON COLUMN overt.alert.track IS 'The track in the run; limited like sequence';
COMMENT ON COLUMN overt.alert.captured_at IS 'When the frame was captured, by the client''s clock';
COMMENT ON COLUMN overt.alert.received_at IS 'When the probe was received, by the server''s clock';
COMMENT ON COLUMN overt.alert.raised_at IS 'When it was compared, by the server''s clock';
COMMENT ON COLUMN overt.alert.score IS 'Cosine of probe and the entry''s best template';
COMMENT ON COLUMN overt.alert.threshold IS 'The deployment''s threshold at that time';
COMMENT ON COLUMN overt.alert.category IS 'Copied from the entry';
COMMENT ON COLUMN overt.alert.response IS 'Copied from the entry';
COMMENT ON COLUMN overt.alert.crop_state IS
    'awaited, matches (the crop is the probe''s face), differs, or missing';
COMMENT ON COLUMN overt.alert.crop_score IS 'Cosine of crop and probe once checked, else 0';
COMMENT ON COLUMN overt.alert.sealed_name IS 'Name to show, sealed with the alert''s own key';
COMMENT ON COLUMN overt.alert.sealed_reference IS 'The force''s reference, sealed likewise';
COMMENT ON COLUMN overt.alert.sealed_thumbnail IS 'Its own copy of the reference face, sealed likewise';
COMMENT ON COLUMN overt.alert.sealed_probe IS
    'The probe''s descriptor, sealed likewise; gone once the crop was checked';
COMMENT ON COLUMN overt.alert.sealed_crop IS 'The probe''s crop, sealed likewise';

CREATE TABLE overt.alert_feed (
    deployment_id uuid CONSTRAINT alert_feed_key PRIMARY KEY
        CONSTRAINT alert_feed_deployment REFERENCES overt.deployment (id),
    last_number bigint NOT NULL
);
COMMENT ON TABLE overt.alert_feed IS
    'One counter a deployment; its row lock makes alerts commit in the order of their numbers';
COMMENT ON COLUMN overt.alert_feed.deployment_id IS 'The deployment';
COMMENT ON COLUMN overt.alert_feed.last_number IS 'The last feed number given';

CREATE TABLE overt.alert_delivery (
    alert_id uuid NOT NULL
        CONSTRAINT alert_delivery_alert REFERENCES overt.alert (id) ON DELETE CASCADE,
    site_id uuid NOT NULL
        CONSTRAINT alert_delivery_site REFERENCES overt.site (id),
    acked_at timestamptz,
    CONSTRAINT alert_delivery_key PRIMARY KEY (alert_id, site_id)
);
CREATE INDEX alert_delivery_pending ON overt.alert_delivery (site_id) WHERE acked_at IS NULL;
COMMENT ON TABLE overt.alert_delivery IS 'Alerts to push to sites, until acknowledged';
COMMENT ON COLUMN overt.alert_delivery.alert_id IS 'The alert';
COMMENT ON COLUMN overt.alert_delivery.site_id IS 'The site that has to get it';
COMMENT ON COLUMN overt.alert_delivery.acked_at IS 'When the site had it, by the server''s clock';

CREATE FUNCTION overt.alert_check_new() RETURNS trigger
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

CREATE FUNCTION overt.alert_queue() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    INSERT INTO overt.alert_delivery (alert_id, site_id) VALUES (NEW.id, NEW.site_id);
    PERFORM pg_notify('overt_alert', NEW.deployment_id::text);
    RETURN NULL;
END
$body$;
COMMENT ON FUNCTION overt.alert_queue() IS
    'Trigger: queues the alert for its site and wakes the servers. The payload is the deployment';

CREATE FUNCTION overt.alert_check_crop() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    free text[] := ARRAY['crop_state', 'crop_score', 'sealed_crop', 'sealed_probe'];
BEGIN
    IF OLD.crop_state <> 'awaited' OR NEW.crop_state = 'awaited' THEN
        RAISE EXCEPTION 'a crop does not go from % to %', OLD.crop_state, NEW.crop_state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alert_crop_step';
    END IF;
    IF to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free THEN
        RAISE EXCEPTION 'an alert does not change but for its crop'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alert_fixed';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.alert_check_crop() IS 'Trigger: the crop comes once, the rest is fixed';

CREATE FUNCTION overt.alert_check_ack() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF OLD.acked_at IS NOT NULL OR NEW.acked_at IS NULL
       OR NEW.alert_id <> OLD.alert_id OR NEW.site_id <> OLD.site_id THEN
        RAISE EXCEPTION 'a delivery is acknowledged once and does not change otherwise'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alert_fixed';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.alert_check_ack() IS 'Trigger: a site has an alert once, and for good';

CREATE TRIGGER alert_new BEFORE INSERT ON overt.alert
    FOR EACH ROW EXECUTE FUNCTION overt.alert_check_new();
CREATE TRIGGER alert_queue AFTER INSERT ON overt.alert
    FOR EACH ROW EXECUTE FUNCTION overt.alert_queue();
CREATE TRIGGER alert_crop BEFORE UPDATE ON overt.alert
    FOR EACH ROW EXECUTE FUNCTION overt.alert_check_crop();
CREATE CONSTRAINT TRIGGER alert_audited
    AFTER INSERT OR UPDATE ON overt.alert DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();
CREATE TRIGGER alert_delivery_ack BEFORE UPDATE ON overt.alert_delivery
    FOR EACH ROW EXECUTE FUNCTION overt.alert_check_ack();
CREATE CONSTRAINT TRIGGER alert_delivery_audited
    AFTER UPDATE ON overt.alert_delivery DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

GRANT SELECT, INSERT ON overt.alert TO overt_server;
GRANT UPDATE (crop_state, crop_score, sealed_crop, sealed_probe) ON overt.alert TO overt_server;
GRANT SELECT ON overt.alert_delivery TO overt_server;
GRANT UPDATE (acked_at) ON overt.alert_delivery TO overt_server;

RESET ROLE;

-- migrate:down

DROP TABLE overt.alert_delivery;
DROP TABLE overt.alert_feed;
DROP TABLE overt.alert;
DROP FUNCTION overt.alert_check_ack();
DROP FUNCTION overt.alert_check_crop();
DROP FUNCTION overt.alert_queue();
DROP FUNCTION overt.alert_check_new();
