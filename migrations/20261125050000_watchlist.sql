-- migrate:up

SET LOCAL ROLE overt_owner;

-- What is said of an entry and of each image, and the states that come with it.

ALTER TABLE watchlist.entry
    ADD COLUMN priority smallint NOT NULL DEFAULT 2
        CONSTRAINT entry_priority CHECK (priority BETWEEN 1 AND 3),
    ADD COLUMN legal_basis text NOT NULL DEFAULT 'not_stated'
        CONSTRAINT entry_legal_basis CHECK (legal_basis ~ '^[a-z_]{1,40}$'),
    ADD COLUMN sealed_justification overt.sealed
        CONSTRAINT entry_justification_size CHECK (octet_length(sealed_justification) <= 8192),
    ADD COLUMN sealed_birth_date overt.sealed
        CONSTRAINT entry_birth_date_size CHECK (octet_length(sealed_birth_date) <= 256),
    ADD COLUMN under_18 boolean NOT NULL DEFAULT false,
    ADD COLUMN birth_unknown boolean NOT NULL DEFAULT false,
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN expired_at timestamptz,
    ADD COLUMN consent_digest bytea
        CONSTRAINT entry_consent_digest CHECK (octet_length(consent_digest) = 32),
    DROP CONSTRAINT entry_state,
    DROP CONSTRAINT entry_approval;
ALTER TABLE watchlist.entry
    ADD CONSTRAINT entry_state CHECK (state IN ('proposed', 'approved', 'withdrawn', 'expired')),
    ADD CONSTRAINT entry_approval CHECK (
        (approved_by IS NULL) = (approved_at IS NULL)
        AND (state <> 'approved' OR approved_by IS NOT NULL)
        AND (state <> 'proposed' OR approved_by IS NULL)
        AND (withdrawn_at IS NOT NULL) = (state = 'withdrawn')
        AND (expired_at IS NOT NULL) = (state = 'expired')),
    -- Volunteers, and nobody else: with their consent, and nothing is ever done to them.
    ADD CONSTRAINT entry_blue_list CHECK (
        (category = 'blue_list') = (consent_digest IS NOT NULL)
        AND (category = 'blue_list') = (response = 'none'));
CREATE INDEX entry_by_expiry ON watchlist.entry (expires_at) WHERE expires_at IS NOT NULL;
ALTER TABLE watchlist.entry ALTER sealed_justification SET STORAGE EXTERNAL,
    ALTER sealed_birth_date SET STORAGE EXTERNAL;
COMMENT ON COLUMN watchlist.entry.state IS
    'proposed, approved (only then searched for), withdrawn or expired (both for good)';
COMMENT ON COLUMN watchlist.entry.priority IS '1 high, 2 normal, 3 low';
COMMENT ON COLUMN watchlist.entry.legal_basis IS 'Under which power, as a code';
COMMENT ON COLUMN watchlist.entry.sealed_justification IS
    'Why it is necessary to look for this person, sealed with the deployment''s key';
COMMENT ON COLUMN watchlist.entry.sealed_birth_date IS
    'Date of birth if it is known, sealed with the deployment''s key';
COMMENT ON COLUMN watchlist.entry.under_18 IS
    'Under 18 when it was added: only a higher authority approves it';
COMMENT ON COLUMN watchlist.entry.birth_unknown IS 'Said to be of unknown date of birth';
COMMENT ON COLUMN watchlist.entry.expires_at IS
    'When the reason to look ends: not searched from then on';
COMMENT ON COLUMN watchlist.entry.expired_at IS 'When it was marked expired';
COMMENT ON COLUMN watchlist.entry.consent_digest IS
    'Blue list: SHA-256 of the volunteer''s signed consent';

ALTER TABLE watchlist.image
    ADD COLUMN state text NOT NULL DEFAULT 'accepted'
        CONSTRAINT image_state CHECK (state IN ('accepted', 'pending', 'rejected')),
    ADD COLUMN source text NOT NULL DEFAULT 'not_stated'
        CONSTRAINT image_source CHECK (source ~ '^[a-z_]{1,40}$'),
    ADD COLUMN taken_on date,
    ADD COLUMN old_image boolean NOT NULL DEFAULT false,
    ADD COLUMN override_code text
        CONSTRAINT image_override_code CHECK (override_code ~ '^[a-z_]{1,40}$'),
    ADD COLUMN decided_by uuid,
    ADD COLUMN decided_at timestamptz,
    ADD CONSTRAINT image_second_person CHECK (
        (decided_by IS NULL) = (decided_at IS NULL)
        AND (state <> 'pending' OR decided_by IS NULL)
        AND (state <> 'rejected' OR decided_by IS NOT NULL)
        AND (state <> 'pending' OR override_code IS NOT NULL));
COMMENT ON COLUMN watchlist.image.state IS
    'accepted (the only ones searched), pending a second person, or rejected by them';
COMMENT ON COLUMN watchlist.image.source IS 'Where the image comes from, as a code';
COMMENT ON COLUMN watchlist.image.taken_on IS 'When it was taken, if that is known';
COMMENT ON COLUMN watchlist.image.old_image IS
    'Older than the policy''s limit when it was added, or of unknown age';
COMMENT ON COLUMN watchlist.image.override_code IS
    'Why it was taken although a check speaks against it, as a code';
COMMENT ON COLUMN watchlist.image.decided_by IS
    'The second person who decided on a pending image: never who added the entry';
COMMENT ON COLUMN watchlist.image.decided_at IS 'When';

-- What is known of a list while it is being approved. All of it dies with the list.

CREATE TABLE watchlist.compared (
    deployment_id uuid NOT NULL,
    image_id uuid NOT NULL,
    CONSTRAINT compared_key PRIMARY KEY (deployment_id, image_id)
) PARTITION BY LIST (deployment_id);
COMMENT ON TABLE watchlist.compared IS
    'Images that were compared with all others of the list, to find look-alikes';
COMMENT ON COLUMN watchlist.compared.deployment_id IS 'The deployment it dies with';
COMMENT ON COLUMN watchlist.compared.image_id IS 'The image';

CREATE TABLE watchlist.lookalike (
    deployment_id uuid NOT NULL,
    entry_a uuid NOT NULL,
    entry_b uuid NOT NULL,
    score_milli integer NOT NULL
        CONSTRAINT lookalike_score CHECK (score_milli BETWEEN -1000 AND 1000),
    CONSTRAINT lookalike_order CHECK (entry_a < entry_b),
    CONSTRAINT lookalike_key PRIMARY KEY (deployment_id, entry_a, entry_b)
) PARTITION BY LIST (deployment_id);
CREATE INDEX lookalike_by_b ON watchlist.lookalike (deployment_id, entry_b);
COMMENT ON TABLE watchlist.lookalike IS
    'Pairs of entries whose images score at or above the threshold with each other';
COMMENT ON COLUMN watchlist.lookalike.deployment_id IS 'The deployment it dies with';
COMMENT ON COLUMN watchlist.lookalike.entry_a IS 'The entry with the smaller id';
COMMENT ON COLUMN watchlist.lookalike.entry_b IS 'The other';
COMMENT ON COLUMN watchlist.lookalike.score_milli IS 'Their highest score, cosine x 1000';

CREATE TABLE watchlist.opening (
    deployment_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    opened_by uuid NOT NULL,
    images integer NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT opening_key PRIMARY KEY (deployment_id, entry_id, opened_by, images)
) PARTITION BY LIST (deployment_id);
COMMENT ON TABLE watchlist.opening IS 'Who has looked at an entry and its images';
COMMENT ON COLUMN watchlist.opening.deployment_id IS 'The deployment it dies with';
COMMENT ON COLUMN watchlist.opening.entry_id IS 'The entry';
COMMENT ON COLUMN watchlist.opening.opened_by IS 'Who opened it';
COMMENT ON COLUMN watchlist.opening.images IS
    'How many images it had then: one more, and it has to be opened again';
COMMENT ON COLUMN watchlist.opening.opened_at IS 'When first';

CREATE TABLE watchlist.round (
    deployment_id uuid NOT NULL,
    id uuid NOT NULL,
    drawn_by uuid NOT NULL,
    drawn_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open'
        CONSTRAINT round_state CHECK (state IN ('open', 'approved')),
    approved_at timestamptz,
    CONSTRAINT round_times CHECK ((approved_at IS NOT NULL) = (state = 'approved')),
    CONSTRAINT round_key PRIMARY KEY (deployment_id, id)
) PARTITION BY LIST (deployment_id);
COMMENT ON TABLE watchlist.round IS
    'A bulk approval: one person opens what the server drew, then approves all of it';
COMMENT ON COLUMN watchlist.round.deployment_id IS 'The deployment it dies with';
COMMENT ON COLUMN watchlist.round.id IS 'Random';
COMMENT ON COLUMN watchlist.round.drawn_by IS 'Who approves: never an entry of their own';
COMMENT ON COLUMN watchlist.round.drawn_at IS 'When the server drew what is to be opened';
COMMENT ON COLUMN watchlist.round.state IS 'open, or approved';
COMMENT ON COLUMN watchlist.round.approved_at IS 'When it was approved';

CREATE TABLE watchlist.round_entry (
    deployment_id uuid NOT NULL,
    round_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    images integer NOT NULL,
    flagged boolean NOT NULL,
    sampled boolean NOT NULL,
    CONSTRAINT round_entry_key PRIMARY KEY (deployment_id, round_id, entry_id)
) PARTITION BY LIST (deployment_id);
COMMENT ON TABLE watchlist.round_entry IS 'What a round approves, and what of it has to be opened';
COMMENT ON COLUMN watchlist.round_entry.deployment_id IS 'The deployment it dies with';
COMMENT ON COLUMN watchlist.round_entry.round_id IS 'The round';
COMMENT ON COLUMN watchlist.round_entry.entry_id IS 'The entry';
COMMENT ON COLUMN watchlist.round_entry.images IS
    'How many images it had when it was drawn: one more, and it is not approved by this round';
COMMENT ON COLUMN watchlist.round_entry.flagged IS 'To be opened for what is known of it';
COMMENT ON COLUMN watchlist.round_entry.sampled IS 'To be opened because it was drawn';

CREATE TABLE watchlist.tally (
    deployment_id uuid CONSTRAINT tally_key PRIMARY KEY,
    listed integer NOT NULL DEFAULT 0,
    blue_listed integer NOT NULL DEFAULT 0
);
COMMENT ON TABLE watchlist.tally IS
    'How much of its caps a deployment has used: entries proposed now or ever approved';
COMMENT ON COLUMN watchlist.tally.deployment_id IS 'The deployment';
COMMENT ON COLUMN watchlist.tally.listed IS 'Against the cap of the list; 20,000 at most';
COMMENT ON COLUMN watchlist.tally.blue_listed IS 'Against the cap of the blue list; 50 at most';

CREATE TABLE overt.watchlist_review (
    id uuid CONSTRAINT watchlist_review_key PRIMARY KEY,
    deployment_id uuid NOT NULL
        CONSTRAINT watchlist_review_deployment REFERENCES overt.deployment (id),
    reviewed_by uuid NOT NULL
        CONSTRAINT watchlist_review_person REFERENCES overt.principal (id),
    reviewed_at timestamptz NOT NULL,
    gallery_version bigint NOT NULL,
    approved integer NOT NULL CONSTRAINT watchlist_review_numbers CHECK (
        approved >= 0 AND added >= 0 AND removed >= 0 AND expired >= 0 AND relisted >= 0),
    added integer NOT NULL,
    removed integer NOT NULL,
    expired integer NOT NULL,
    relisted integer NOT NULL
);
CREATE INDEX watchlist_review_by_time ON overt.watchlist_review (deployment_id, reviewed_at);
COMMENT ON TABLE overt.watchlist_review IS
    'A list re-confirmed before its deployment goes live. Never changed';
COMMENT ON COLUMN overt.watchlist_review.id IS 'Random';
COMMENT ON COLUMN overt.watchlist_review.deployment_id IS 'The deployment';
COMMENT ON COLUMN overt.watchlist_review.reviewed_by IS 'Who confirmed';
COMMENT ON COLUMN overt.watchlist_review.reviewed_at IS 'When';
COMMENT ON COLUMN overt.watchlist_review.gallery_version IS 'The list as it was confirmed';
COMMENT ON COLUMN overt.watchlist_review.approved IS 'Entries searched for then';
COMMENT ON COLUMN overt.watchlist_review.added IS 'Approved since the review before';
COMMENT ON COLUMN overt.watchlist_review.removed IS 'Withdrawn since the review before';
COMMENT ON COLUMN overt.watchlist_review.expired IS 'Expired since the review before';
COMMENT ON COLUMN overt.watchlist_review.relisted IS
    'Of those added: known from the lists of earlier deployments';
CREATE FUNCTION overt.watchlist_review_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    PERFORM overt.require_person(NEW.reviewed_by);
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.watchlist_review_check() IS 'Trigger: a person reviews';
CREATE TRIGGER watchlist_review_check BEFORE INSERT ON overt.watchlist_review
    FOR EACH ROW EXECUTE FUNCTION overt.watchlist_review_check();
CREATE TRIGGER watchlist_review_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON overt.watchlist_review
    FOR EACH STATEMENT EXECUTE FUNCTION overt.refuse_change();
CREATE CONSTRAINT TRIGGER watchlist_review_audited
    AFTER INSERT ON overt.watchlist_review DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

-- Parts of a list, in the order in which they are made; they are dropped in the opposite one.
CREATE FUNCTION watchlist.parents() RETURNS text[]
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT ARRAY['entry', 'image', 'compared', 'lookalike', 'opening', 'round', 'round_entry']
$body$;
COMMENT ON FUNCTION watchlist.parents() IS
    'The tables that have a partition per deployment; what makes, drops or counts partitions asks it';

CREATE FUNCTION watchlist.partitions_left(for_deployment uuid) RETURNS integer
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT count(*)::integer
    FROM pg_class
    WHERE relnamespace = 'watchlist'::regnamespace
      AND relname = ANY (SELECT parent || '_' || replace(for_deployment::text, '-', '')
                         FROM unnest(watchlist.parents()) AS parent)
$body$;
COMMENT ON FUNCTION watchlist.partitions_left(uuid) IS
    'How many tables of a deployment''s watchlist there are';

CREATE FUNCTION watchlist.make_missing_partitions(for_deployment uuid) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    suffix text := replace(for_deployment::text, '-', '');
    parent text;
BEGIN
    FOREACH parent IN ARRAY watchlist.parents() LOOP
        CONTINUE WHEN to_regclass(format('watchlist.%I', parent || '_' || suffix)) IS NOT NULL;
        EXECUTE format('CREATE TABLE watchlist.%I (LIKE watchlist.%I INCLUDING DEFAULTS '
                       'INCLUDING CONSTRAINTS INCLUDING STORAGE)', parent || '_' || suffix, parent);
        -- ATTACH, unlike CREATE ... PARTITION OF, lets others read and write the parent meanwhile.
        EXECUTE format('ALTER TABLE watchlist.%I ATTACH PARTITION watchlist.%I FOR VALUES IN (%L)',
                       parent, parent || '_' || suffix, for_deployment);
        IF parent = 'image' THEN
            EXECUTE format('ALTER TABLE watchlist.%I ADD CONSTRAINT image_entry FOREIGN KEY '
                           '(deployment_id, entry_id) REFERENCES watchlist.%I (deployment_id, id)',
                           'image_' || suffix, 'entry_' || suffix);
        END IF;
    END LOOP;
    INSERT INTO watchlist.tally (deployment_id) VALUES (for_deployment) ON CONFLICT DO NOTHING;
END
$body$;
COMMENT ON FUNCTION watchlist.make_missing_partitions(uuid) IS
    'The owner''s: makes what a deployment''s watchlist lacks of its tables';
REVOKE EXECUTE ON FUNCTION watchlist.make_missing_partitions(uuid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION watchlist.make_partitions(for_deployment uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    deployment_state text;
BEGIN
    SELECT state INTO deployment_state FROM overt.deployment WHERE id = for_deployment FOR SHARE;
    IF deployment_state IS NULL OR deployment_state NOT IN ('applied', 'authorised') THEN
        RAISE EXCEPTION 'a deployment in state % gets no watchlist', deployment_state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'watchlist_deployment_state';
    END IF;
    IF watchlist.partitions_left(for_deployment) > 0 THEN
        RAISE EXCEPTION 'the deployment has its watchlist already'
            USING ERRCODE = 'duplicate_table';
    END IF;
    PERFORM watchlist.make_missing_partitions(for_deployment);
END
$body$;

CREATE OR REPLACE FUNCTION watchlist.drop_partitions(for_deployment uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $body$
DECLARE
    suffix text := replace(for_deployment::text, '-', '');
    deployment_state text;
    parents text[] := watchlist.parents();
    parent text;
BEGIN
    SELECT state INTO deployment_state FROM overt.deployment WHERE id = for_deployment FOR SHARE;
    IF deployment_state IS NULL
       OR deployment_state NOT IN ('closed', 'refused', 'cancelled', 'erased') THEN
        RAISE EXCEPTION 'the watchlist of a deployment in state % is in use', deployment_state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'watchlist_deployment_state';
    END IF;
    -- What refers to entries first. DETACH needs the parent alone for a moment; whoever calls tries
    -- again when the lock does not come in time.
    FOR i IN REVERSE cardinality(parents)..1 LOOP
        parent := parents[i];
        IF to_regclass(format('watchlist.%I', parent || '_' || suffix)) IS NOT NULL THEN
            EXECUTE format('ALTER TABLE watchlist.%I DETACH PARTITION watchlist.%I',
                           parent, parent || '_' || suffix);
            EXECUTE format('DROP TABLE watchlist.%I', parent || '_' || suffix);
        END IF;
    END LOOP;
END
$body$;

-- Lists that are there already get the tables they lack.
DO $existing$
DECLARE
    deployment uuid;
BEGIN
    FOR deployment IN
        SELECT id FROM overt.deployment
        WHERE to_regclass('watchlist.entry_' || replace(id::text, '-', '')) IS NOT NULL
    LOOP
        PERFORM watchlist.make_missing_partitions(deployment);
        UPDATE watchlist.tally
        SET listed = (SELECT count(*) FROM watchlist.entry
                      WHERE deployment_id = deployment
                        AND (state = 'proposed' OR approved_by IS NOT NULL))
        WHERE deployment_id = deployment;
    END LOOP;
END
$existing$;

-- What of an entry makes an approver open it in any case.
CREATE FUNCTION watchlist.entry_flagged(of_deployment uuid, of_entry uuid) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT EXISTS (SELECT FROM watchlist.entry
                   WHERE deployment_id = of_deployment AND id = of_entry
                     AND (under_18 OR birth_unknown))
        OR EXISTS (SELECT FROM watchlist.image
                   WHERE deployment_id = of_deployment AND entry_id = of_entry
                     AND (old_image OR override_code IS NOT NULL))
        OR EXISTS (SELECT FROM watchlist.lookalike
                   WHERE deployment_id = of_deployment AND entry_a = of_entry)
        OR EXISTS (SELECT FROM watchlist.lookalike
                   WHERE deployment_id = of_deployment AND entry_b = of_entry)
$body$;
COMMENT ON FUNCTION watchlist.entry_flagged(uuid, uuid) IS
    'Under 18, of unknown age, an old image, a check overridden, or a look-alike on the list';

CREATE FUNCTION watchlist.require_seen(entry watchlist.entry) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    image_count integer;
    open_images integer;
BEGIN
    SELECT count(*), count(*) FILTER (WHERE state = 'pending' OR NOT EXISTS (
               SELECT FROM watchlist.compared
               WHERE compared.deployment_id = image.deployment_id
                 AND compared.image_id = image.id))
    INTO image_count, open_images
    FROM watchlist.image
    WHERE deployment_id = entry.deployment_id AND entry_id = entry.id;
    IF open_images > 0 OR NOT EXISTS (
        SELECT FROM watchlist.image
        WHERE deployment_id = entry.deployment_id AND entry_id = entry.id AND state = 'accepted')
    THEN
        RAISE EXCEPTION 'an image of the entry waits for a decision or a comparison'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_images_open';
    END IF;
    IF EXISTS (SELECT FROM watchlist.opening
               WHERE deployment_id = entry.deployment_id AND entry_id = entry.id
                 AND opened_by = entry.approved_by AND images = image_count) THEN
        RETURN;
    END IF;
    IF NOT EXISTS (
        SELECT FROM watchlist.round_entry AS drawn
        JOIN watchlist.round AS round
            ON round.deployment_id = drawn.deployment_id AND round.id = drawn.round_id
        WHERE drawn.deployment_id = entry.deployment_id AND drawn.entry_id = entry.id
          AND drawn.images = image_count AND round.deployment_id = entry.deployment_id
          AND round.state = 'approved' AND round.drawn_by = entry.approved_by) THEN
        RAISE EXCEPTION 'the entry was neither opened by who approves it nor part of their round'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_not_opened';
    END IF;
END
$body$;
COMMENT ON FUNCTION watchlist.require_seen(watchlist.entry) IS
    'Fails unless who approves an entry has opened it, or approved a round with it';

CREATE FUNCTION watchlist.entry_check_approval(entry watchlist.entry) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    PERFORM overt.require_person(entry.approved_by);
    IF entry.approved_by = entry.added_by THEN
        RAISE EXCEPTION 'who added an entry does not approve it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_two_people';
    END IF;
    IF entry.expires_at <= clock_timestamp() THEN
        RAISE EXCEPTION 'the entry has expired'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_expired';
    END IF;
    IF entry.under_18 AND NOT EXISTS (
        SELECT FROM overt.principal_role
        WHERE principal_id = entry.approved_by AND role = 'higher_authority') THEN
        RAISE EXCEPTION 'an entry of somebody under 18 is approved by a higher authority'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_under_18';
    END IF;
    PERFORM watchlist.require_seen(entry);
END
$body$;
COMMENT ON FUNCTION watchlist.entry_check_approval(watchlist.entry) IS
    'Fails unless an entry may be approved by the person who does';

-- The caps: what is proposed now and what was ever approved, so that withdrawing makes no room.
CREATE FUNCTION watchlist.take_room(entry watchlist.entry) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    blue boolean := entry.category = 'blue_list';
BEGIN
    UPDATE watchlist.tally
    SET listed = listed + CASE WHEN blue THEN 0 ELSE 1 END,
        blue_listed = blue_listed + CASE WHEN blue THEN 1 ELSE 0 END
    WHERE deployment_id = entry.deployment_id
      AND CASE WHEN blue THEN blue_listed < 50 ELSE listed < 20000 END;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the list of the deployment is full'
            USING ERRCODE = 'check_violation',
                  CONSTRAINT = CASE WHEN blue THEN 'blue_list_full' ELSE 'watchlist_full' END;
    END IF;
END
$body$;
COMMENT ON FUNCTION watchlist.take_room(watchlist.entry) IS
    'Counts a new entry against its cap, and fails when that is used up';

CREATE OR REPLACE FUNCTION watchlist.entry_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    free text[] := ARRAY['state'];
    deployment_state text;
    deployment_kind text;
BEGIN
    SELECT state, kind INTO deployment_state, deployment_kind
    FROM overt.deployment WHERE id = NEW.deployment_id;
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
        IF deployment_kind = 'operational'
           AND (NEW.sealed_justification IS NULL OR NEW.legal_basis = 'not_stated'
                OR NEW.expires_at IS NULL
                OR (NEW.sealed_birth_date IS NULL) <> NEW.birth_unknown) THEN
            RAISE EXCEPTION 'an entry of an operational deployment states all that is asked of it'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_incomplete';
        END IF;
        PERFORM overt.require_person(NEW.added_by);
        PERFORM watchlist.take_room(NEW);
        RETURN NEW;
    END IF;
    IF (OLD.state, NEW.state) NOT IN (('proposed', 'approved'), ('proposed', 'withdrawn'),
                                      ('approved', 'withdrawn'), ('proposed', 'expired'),
                                      ('approved', 'expired')) THEN
        RAISE EXCEPTION 'an entry does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_step';
    END IF;
    IF NEW.state = 'approved' THEN
        free := free || ARRAY['approved_by', 'approved_at'];
    ELSIF NEW.state = 'withdrawn' THEN
        free := free || ARRAY['withdrawn_at'];
    ELSE
        free := free || ARRAY['expired_at'];
        IF NEW.expires_at IS NULL OR NEW.expires_at > clock_timestamp() THEN
            RAISE EXCEPTION 'the entry has not expired yet'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_step';
        END IF;
    END IF;
    IF to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free THEN
        RAISE EXCEPTION 'an entry does not change but by approval and withdrawal'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_fixed';
    END IF;
    IF NEW.state = 'approved' THEN
        PERFORM watchlist.entry_check_approval(NEW);
    ELSIF OLD.state = 'proposed' THEN
        UPDATE watchlist.tally
        SET listed = listed - CASE WHEN NEW.category = 'blue_list' THEN 0 ELSE 1 END,
            blue_listed = blue_listed - CASE WHEN NEW.category = 'blue_list' THEN 1 ELSE 0 END
        WHERE deployment_id = NEW.deployment_id;
    END IF;
    RETURN NEW;
END
$body$;

CREATE OR REPLACE FUNCTION watchlist.image_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    entry_state text;
    entry_added_by uuid;
    free text[] := ARRAY['state', 'decided_by', 'decided_at'];
BEGIN
    -- The lock makes images and approval take turns: what is approved is what was looked at.
    SELECT state, added_by INTO entry_state, entry_added_by FROM watchlist.entry
    WHERE deployment_id = NEW.deployment_id AND id = NEW.entry_id
    FOR NO KEY UPDATE;
    IF entry_state <> 'proposed' THEN
        RAISE EXCEPTION 'images are added before approval, not to an entry that is %', entry_state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_step';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.state <> 'pending' OR NEW.state NOT IN ('accepted', 'rejected') THEN
            RAISE EXCEPTION 'an image does not go from % to %', OLD.state, NEW.state
                USING ERRCODE = 'check_violation', CONSTRAINT = 'image_step';
        END IF;
        IF to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free OR NEW.decided_by IS NULL THEN
            RAISE EXCEPTION 'an image does not change but by a second person''s decision'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'image_step';
        END IF;
        IF NEW.decided_by = entry_added_by THEN
            RAISE EXCEPTION 'who added an image does not decide on it'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'image_two_people';
        END IF;
        PERFORM overt.require_person(NEW.decided_by);
        RETURN NEW;
    END IF;
    IF NEW.state = 'rejected' OR NEW.decided_by IS NOT NULL THEN
        RAISE EXCEPTION 'an image begins as accepted or pending'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'image_step';
    END IF;
    IF NOT EXISTS (SELECT FROM overt.deployment
                   WHERE id = NEW.deployment_id AND model_digest = NEW.model_digest
                     AND state IN ('applied', 'authorised', 'live', 'paused')) THEN
        RAISE EXCEPTION 'the template is of another model than the deployment''s, or that has ended'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'image_other_model';
    END IF;
    IF (NEW.source = 'not_stated' OR (NEW.taken_on IS NULL AND NOT NEW.old_image))
       AND EXISTS (SELECT FROM overt.deployment
                   WHERE id = NEW.deployment_id AND kind = 'operational') THEN
        RAISE EXCEPTION 'an image of an operational deployment states its source and date'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_incomplete';
    END IF;
    IF (SELECT count(*) FROM watchlist.image
        WHERE deployment_id = NEW.deployment_id AND entry_id = NEW.entry_id
          AND state <> 'rejected') >= 5 THEN
        RAISE EXCEPTION 'an entry has at most five images'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'image_too_many';
    END IF;
    RETURN NEW;
END
$body$;

DROP TRIGGER image_check ON watchlist.image;
CREATE TRIGGER image_check BEFORE INSERT OR UPDATE ON watchlist.image
    FOR EACH ROW EXECUTE FUNCTION watchlist.image_check();
DROP TRIGGER image_audited ON watchlist.image;
CREATE CONSTRAINT TRIGGER image_audited
    AFTER INSERT OR UPDATE ON watchlist.image DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

CREATE FUNCTION watchlist.opening_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    PERFORM overt.require_person(NEW.opened_by);
    IF NEW.images <> (SELECT count(*) FROM watchlist.image
                      WHERE deployment_id = NEW.deployment_id AND entry_id = NEW.entry_id) THEN
        RAISE EXCEPTION 'the entry has other images by now'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'opening_images';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION watchlist.opening_check() IS
    'Trigger: a person opens an entry with the images it has';
CREATE TRIGGER opening_check BEFORE INSERT ON watchlist.opening
    FOR EACH ROW EXECUTE FUNCTION watchlist.opening_check();
CREATE CONSTRAINT TRIGGER opening_audited
    AFTER INSERT ON watchlist.opening DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

-- A round is approved when every flagged entry of it, and enough of the others, were opened by who
-- approves it. The flags are looked up again here: what the server drew is not taken on trust.
CREATE FUNCTION watchlist.round_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    total integer;
    plain integer;
    plain_seen integer;
    flagged_unseen integer;
BEGIN
    PERFORM overt.require_person(NEW.drawn_by);
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' THEN
            RAISE EXCEPTION 'a round begins open'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'round_step';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.state, NEW.state) <> ('open', 'approved')
       OR to_jsonb(NEW) - ARRAY['state', 'approved_at']
          IS DISTINCT FROM to_jsonb(OLD) - ARRAY['state', 'approved_at'] THEN
        RAISE EXCEPTION 'a round changes once: by being approved'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'round_step';
    END IF;
    WITH part AS MATERIALIZED (
        SELECT watchlist.entry_flagged(drawn.deployment_id, drawn.entry_id) AS flagged,
               EXISTS (SELECT FROM watchlist.opening AS opening
                       WHERE opening.deployment_id = NEW.deployment_id
                         AND opening.entry_id = drawn.entry_id
                         AND opening.opened_by = NEW.drawn_by
                         AND opening.images = drawn.images) AS seen
        FROM watchlist.round_entry AS drawn
        JOIN watchlist.entry AS entry
            ON entry.deployment_id = drawn.deployment_id AND entry.id = drawn.entry_id
        WHERE drawn.deployment_id = NEW.deployment_id AND drawn.round_id = NEW.id
          AND entry.deployment_id = NEW.deployment_id AND entry.state = 'proposed')
    SELECT count(*), count(*) FILTER (WHERE NOT flagged),
           count(*) FILTER (WHERE NOT flagged AND seen),
           count(*) FILTER (WHERE flagged AND NOT seen)
    INTO total, plain, plain_seen, flagged_unseen
    FROM part;
    IF flagged_unseen > 0 OR plain_seen < least(plain, greatest(20, ceil(total / 100.0)::integer))
    THEN
        RAISE EXCEPTION 'the round was not opened as it has to be'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'round_not_opened';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION watchlist.round_check() IS
    'Trigger: every flagged entry and 1 %, at least 20, of a round are opened before it is approved';
CREATE TRIGGER round_check BEFORE INSERT OR UPDATE ON watchlist.round
    FOR EACH ROW EXECUTE FUNCTION watchlist.round_check();

CREATE FUNCTION watchlist.round_entry_check() RETURNS trigger
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
COMMENT ON FUNCTION watchlist.round_entry_check() IS
    'Trigger: what a round approves is what was looked at when it was approved';
CREATE TRIGGER round_entry_check BEFORE INSERT ON watchlist.round_entry
    FOR EACH ROW EXECUTE FUNCTION watchlist.round_entry_check();
CREATE CONSTRAINT TRIGGER round_audited
    AFTER INSERT OR UPDATE ON watchlist.round DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

GRANT SELECT, INSERT ON watchlist.compared, watchlist.lookalike, watchlist.opening,
    watchlist.round, watchlist.round_entry, overt.watchlist_review TO overt_server;
GRANT SELECT ON watchlist.tally TO overt_server;
GRANT UPDATE (expired_at) ON watchlist.entry TO overt_server;
GRANT UPDATE (state, decided_by, decided_at) ON watchlist.image TO overt_server;
GRANT UPDATE (state, approved_at) ON watchlist.round TO overt_server;
GRANT EXECUTE ON FUNCTION watchlist.entry_flagged(uuid, uuid), watchlist.parents(),
    watchlist.partitions_left(uuid) TO overt_server;

RESET ROLE;

-- migrate:down

SET LOCAL ROLE overt_owner;

DROP TRIGGER image_check ON watchlist.image;
CREATE TRIGGER image_check BEFORE INSERT ON watchlist.image
    FOR EACH ROW EXECUTE FUNCTION watchlist.image_check();
DROP TRIGGER image_audited ON watchlist.image;
CREATE CONSTRAINT TRIGGER image_audited
    AFTER INSERT ON watchlist.image DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();
CREATE OR REPLACE FUNCTION watchlist.entry_check() RETURNS trigger
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
CREATE OR REPLACE FUNCTION watchlist.image_check() RETURNS trigger
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
CREATE OR REPLACE FUNCTION watchlist.make_partitions(for_deployment uuid) RETURNS void
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
CREATE OR REPLACE FUNCTION watchlist.drop_partitions(for_deployment uuid) RETURNS void
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
DROP FUNCTION watchlist.take_room(watchlist.entry);
DROP FUNCTION watchlist.entry_check_approval(watchlist.entry);
DROP FUNCTION watchlist.require_seen(watchlist.entry);
DROP FUNCTION watchlist.entry_flagged(uuid, uuid);
DROP FUNCTION watchlist.make_missing_partitions(uuid);
DROP FUNCTION watchlist.partitions_left(uuid);
DROP FUNCTION watchlist.parents();
DROP TABLE overt.watchlist_review;
DROP FUNCTION overt.watchlist_review_check();
DROP TABLE watchlist.tally;
DROP TABLE watchlist.round_entry;
DROP TABLE watchlist.round;
DROP FUNCTION watchlist.round_entry_check();
DROP FUNCTION watchlist.round_check();
DROP TABLE watchlist.opening;
DROP FUNCTION watchlist.opening_check();
DROP TABLE watchlist.lookalike;
DROP TABLE watchlist.compared;
REVOKE UPDATE ON watchlist.image FROM overt_server;
ALTER TABLE watchlist.image
    DROP CONSTRAINT image_second_person,
    DROP COLUMN state,
    DROP COLUMN source,
    DROP COLUMN taken_on,
    DROP COLUMN old_image,
    DROP COLUMN override_code,
    DROP COLUMN decided_by,
    DROP COLUMN decided_at;
ALTER TABLE watchlist.entry
    DROP CONSTRAINT entry_blue_list,
    DROP CONSTRAINT entry_state,
    DROP CONSTRAINT entry_approval,
    DROP COLUMN priority,
    DROP COLUMN legal_basis,
    DROP COLUMN sealed_justification,
    DROP COLUMN sealed_birth_date,
    DROP COLUMN under_18,
    DROP COLUMN birth_unknown,
    DROP COLUMN expires_at,
    DROP COLUMN expired_at,
    DROP COLUMN consent_digest;
ALTER TABLE watchlist.entry
    ADD CONSTRAINT entry_state CHECK (state IN ('proposed', 'approved', 'withdrawn')),
    ADD CONSTRAINT entry_approval CHECK (
        (approved_by IS NULL) = (approved_at IS NULL)
        AND (state <> 'approved' OR approved_by IS NOT NULL)
        AND (state <> 'proposed' OR approved_by IS NULL)
        AND (withdrawn_at IS NOT NULL) = (state = 'withdrawn'));

RESET ROLE;
