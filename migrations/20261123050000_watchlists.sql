-- migrate:up

SET LOCAL ROLE overt_owner;

CREATE TABLE watchlist.entry (
    deployment_id uuid NOT NULL,
    id uuid NOT NULL,
    category text NOT NULL
        CONSTRAINT entry_category CHECK (category ~ '^[a-z_]{1,40}$'),
    response text NOT NULL
        CONSTRAINT entry_response CHECK (response ~ '^[a-z_]{1,40}$'),
    state text NOT NULL DEFAULT 'proposed'
        CONSTRAINT entry_state CHECK (state IN ('proposed', 'approved', 'withdrawn')),
    added_by uuid NOT NULL,
    added_at timestamptz NOT NULL,
    approved_by uuid,
    approved_at timestamptz,
    withdrawn_at timestamptz,
    sealed_name overt.sealed
        CONSTRAINT entry_name_size CHECK (octet_length(sealed_name) <= 4096),
    sealed_reference overt.sealed
        CONSTRAINT entry_reference_size CHECK (octet_length(sealed_reference) <= 4096),
    CONSTRAINT entry_key PRIMARY KEY (deployment_id, id),
    CONSTRAINT entry_two_people CHECK (approved_by <> added_by),
    CONSTRAINT entry_approval CHECK (
        (approved_by IS NULL) = (approved_at IS NULL)
        AND (state <> 'approved' OR approved_by IS NOT NULL)
        AND (state <> 'proposed' OR approved_by IS NULL)
        AND (withdrawn_at IS NOT NULL) = (state = 'withdrawn'))
) PARTITION BY LIST (deployment_id);
CREATE INDEX entry_in_order ON watchlist.entry (deployment_id, added_at, id);
ALTER TABLE watchlist.entry ALTER sealed_name SET STORAGE EXTERNAL,
    ALTER sealed_reference SET STORAGE EXTERNAL;
COMMENT ON TABLE watchlist.entry IS
    'Whom a deployment looks for. One partition per deployment, dropped with it';
COMMENT ON COLUMN watchlist.entry.deployment_id IS 'The deployment it belongs to and dies with';
COMMENT ON COLUMN watchlist.entry.id IS
    'Random per deployment: the pseudonym under which events speak of it';
COMMENT ON COLUMN watchlist.entry.category IS 'Why somebody is sought, as a code';
COMMENT ON COLUMN watchlist.entry.response IS 'What to do on a true alert, as a code';
COMMENT ON COLUMN watchlist.entry.state IS
    'proposed, approved (only then searched for) or withdrawn (for good)';
COMMENT ON COLUMN watchlist.entry.added_by IS 'Who added it (overt.principal)';
COMMENT ON COLUMN watchlist.entry.added_at IS 'When';
COMMENT ON COLUMN watchlist.entry.approved_by IS 'Who approved it: never who added it';
COMMENT ON COLUMN watchlist.entry.approved_at IS 'When';
COMMENT ON COLUMN watchlist.entry.withdrawn_at IS 'When it was withdrawn';
COMMENT ON COLUMN watchlist.entry.sealed_name IS 'Name to show, sealed with the deployment''s key';
COMMENT ON COLUMN watchlist.entry.sealed_reference IS
    'The force''s own reference for the subject, sealed with the deployment''s key';

CREATE TABLE watchlist.image (
    deployment_id uuid NOT NULL,
    id uuid NOT NULL,
    entry_id uuid NOT NULL,
    sealed_jpeg overt.sealed NOT NULL
        CONSTRAINT image_jpeg_size CHECK (octet_length(sealed_jpeg) <= 33554432),
    sealed_thumbnail overt.sealed NOT NULL
        CONSTRAINT image_thumbnail_size CHECK (octet_length(sealed_thumbnail) <= 65565),
    sealed_template overt.sealed NOT NULL
        CONSTRAINT image_template_size CHECK (octet_length(sealed_template) <= 65565),
    model_digest bytea NOT NULL
        CONSTRAINT image_model_digest CHECK (octet_length(model_digest) = 32),
    eye_distance_px integer NOT NULL
        CONSTRAINT image_eye_distance CHECK (eye_distance_px >= 0),
    sharpness_milli integer NOT NULL
        CONSTRAINT image_sharpness CHECK (sharpness_milli BETWEEN 0 AND 1000),
    CONSTRAINT image_key PRIMARY KEY (deployment_id, id)
) PARTITION BY LIST (deployment_id);
CREATE INDEX image_by_entry ON watchlist.image (deployment_id, entry_id);
ALTER TABLE watchlist.image ALTER sealed_jpeg SET STORAGE EXTERNAL,
    ALTER sealed_thumbnail SET STORAGE EXTERNAL, ALTER sealed_template SET STORAGE EXTERNAL;
COMMENT ON TABLE watchlist.image IS
    'Reference images of entries and their templates, at most five each. Partitioned like entry';
COMMENT ON COLUMN watchlist.image.deployment_id IS 'The deployment it belongs to and dies with';
COMMENT ON COLUMN watchlist.image.id IS 'Random';
COMMENT ON COLUMN watchlist.image.entry_id IS
    'Whose image; a foreign key in each pair of partitions';
COMMENT ON COLUMN watchlist.image.sealed_jpeg IS 'The image, sealed with the deployment''s key';
COMMENT ON COLUMN watchlist.image.sealed_thumbnail IS 'The face for an alert, sealed likewise';
COMMENT ON COLUMN watchlist.image.sealed_template IS
    'The template as it is searched (float32), sealed likewise';
COMMENT ON COLUMN watchlist.image.model_digest IS 'Which model made the template';
COMMENT ON COLUMN watchlist.image.eye_distance_px IS 'Pixels between the eyes in the image';
COMMENT ON COLUMN watchlist.image.sharpness_milli IS 'Sharpness, 0 to 1000';

CREATE FUNCTION watchlist.entry_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    free text[] := ARRAY['state'];
    deployment_state text;
BEGIN
    SELECT state INTO deployment_state FROM overt.deployment WHERE id = NEW.deployment_id;
    IF deployment_state IS NULL
       OR deployment_state NOT IN ('applied', 'authorised', 'live', 'paused') THEN
        RAISE EXCEPTION 'the watchlist of a deployment in state % does not change',
                        deployment_state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'watchlist_deployment_state';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' THEN
            RAISE EXCEPTION 'an entry begins as proposed'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_step';
        END IF;
        PERFORM overt.require_person(NEW.added_by);
        RETURN NEW;
    END IF;
    IF (OLD.state, NEW.state) NOT IN (('proposed', 'approved'), ('proposed', 'withdrawn'),
                                      ('approved', 'withdrawn')) THEN
        RAISE EXCEPTION 'an entry does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_step';
    END IF;
    IF NEW.state = 'approved' THEN
        PERFORM overt.require_person(NEW.approved_by);
        free := free || ARRAY['approved_by', 'approved_at'];
    ELSE
        free := free || ARRAY['withdrawn_at'];
    END IF;
    IF to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free THEN
        RAISE EXCEPTION 'an entry does not change but by approval and withdrawal'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_fixed';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION watchlist.entry_check() IS
    'Trigger: entries come and change only under an open deployment and in the legal order';

CREATE FUNCTION watchlist.image_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    entry_state text;
BEGIN
    -- The lock makes images and approval take turns: what is approved is what was looked at.
    SELECT state INTO entry_state FROM watchlist.entry
    WHERE deployment_id = NEW.deployment_id AND id = NEW.entry_id
    FOR NO KEY UPDATE;
    IF entry_state <> 'proposed' THEN
        RAISE EXCEPTION 'images are added before approval, not to an entry that is %', entry_state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_step';
    END IF;
    IF NOT EXISTS (SELECT FROM overt.deployment
                   WHERE id = NEW.deployment_id AND model_digest = NEW.model_digest
                     AND state IN ('applied', 'authorised', 'live', 'paused')) THEN
        RAISE EXCEPTION 'the template is of another model than the deployment''s, or that has ended'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'image_other_model';
    END IF;
    IF (SELECT count(*) FROM watchlist.image
        WHERE deployment_id = NEW.deployment_id AND entry_id = NEW.entry_id) >= 5 THEN
        RAISE EXCEPTION 'an entry has at most five images'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'image_too_many';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION watchlist.image_check() IS
    'Trigger: images of the deployment''s own model, before approval, at most five an entry';

CREATE TRIGGER entry_check BEFORE INSERT OR UPDATE ON watchlist.entry
    FOR EACH ROW EXECUTE FUNCTION watchlist.entry_check();
CREATE CONSTRAINT TRIGGER entry_audited
    AFTER INSERT OR UPDATE ON watchlist.entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();
CREATE TRIGGER image_check BEFORE INSERT ON watchlist.image
    FOR EACH ROW EXECUTE FUNCTION watchlist.image_check();
CREATE CONSTRAINT TRIGGER image_audited
    AFTER INSERT ON watchlist.image DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

-- The only two ways in which a biometric table comes and goes. Partitions are named after the
-- deployment and belong to the owner: the server reaches them through their parents alone.
CREATE FUNCTION watchlist.make_partitions(for_deployment uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    suffix text := replace(for_deployment::text, '-', '');
    deployment_state text;
BEGIN
    SELECT state INTO deployment_state FROM overt.deployment WHERE id = for_deployment FOR SHARE;
    IF deployment_state IS NULL OR deployment_state NOT IN ('applied', 'authorised') THEN
        RAISE EXCEPTION 'a deployment in state % gets no watchlist', deployment_state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'watchlist_deployment_state';
    END IF;
    EXECUTE format('CREATE TABLE watchlist.%I (LIKE watchlist.entry INCLUDING DEFAULTS '
                   'INCLUDING CONSTRAINTS INCLUDING STORAGE)', 'entry_' || suffix);
    EXECUTE format('CREATE TABLE watchlist.%I (LIKE watchlist.image INCLUDING DEFAULTS '
                   'INCLUDING CONSTRAINTS INCLUDING STORAGE)', 'image_' || suffix);
    -- ATTACH, unlike CREATE ... PARTITION OF, lets others read and write the parent meanwhile.
    EXECUTE format('ALTER TABLE watchlist.entry ATTACH PARTITION watchlist.%I FOR VALUES IN (%L)',
                   'entry_' || suffix, for_deployment);
    EXECUTE format('ALTER TABLE watchlist.image ATTACH PARTITION watchlist.%I FOR VALUES IN (%L)',
                   'image_' || suffix, for_deployment);
    EXECUTE format('ALTER TABLE watchlist.%I ADD CONSTRAINT image_entry FOREIGN KEY '
                   '(deployment_id, entry_id) REFERENCES watchlist.%I (deployment_id, id)',
                   'image_' || suffix, 'entry_' || suffix);
END
$body$;
COMMENT ON FUNCTION watchlist.make_partitions(uuid) IS
    'Makes the tables of a deployment''s watchlist; only for one applied for or authorised';

CREATE FUNCTION watchlist.drop_partitions(for_deployment uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $body$
DECLARE
    suffix text := replace(for_deployment::text, '-', '');
    deployment_state text;
    parent text;
BEGIN
    SELECT state INTO deployment_state FROM overt.deployment WHERE id = for_deployment FOR SHARE;
    IF deployment_state IS NULL
       OR deployment_state NOT IN ('closed', 'refused', 'cancelled', 'erased') THEN
        RAISE EXCEPTION 'the watchlist of a deployment in state % is in use', deployment_state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'watchlist_deployment_state';
    END IF;
    -- Images first: they refer to entries. DETACH needs the parent alone for a moment; whoever
    -- calls tries again when the lock does not come in time.
    FOREACH parent IN ARRAY ARRAY['image', 'entry'] LOOP
        IF to_regclass(format('watchlist.%I', parent || '_' || suffix)) IS NOT NULL THEN
            EXECUTE format('ALTER TABLE watchlist.%I DETACH PARTITION watchlist.%I',
                           parent, parent || '_' || suffix);
            EXECUTE format('DROP TABLE watchlist.%I', parent || '_' || suffix);
        END IF;
    END LOOP;
END
$body$;
COMMENT ON FUNCTION watchlist.drop_partitions(uuid) IS
    'Drops the tables of an ended deployment''s watchlist; fine when they are gone';

GRANT SELECT, INSERT ON watchlist.entry, watchlist.image TO overt_server;
GRANT UPDATE (state, approved_by, approved_at, withdrawn_at) ON watchlist.entry TO overt_server;
GRANT EXECUTE ON FUNCTION watchlist.make_partitions(uuid), watchlist.drop_partitions(uuid)
    TO overt_server;

RESET ROLE;

-- migrate:down

DROP FUNCTION watchlist.drop_partitions(uuid);
DROP FUNCTION watchlist.make_partitions(uuid);
DROP TABLE watchlist.image;
DROP TABLE watchlist.entry;
DROP FUNCTION watchlist.image_check();
DROP FUNCTION watchlist.entry_check();
