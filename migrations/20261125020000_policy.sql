-- migrate:up

SET LOCAL ROLE overt_owner;

-- The ceilings below are those of the law and of the design: a policy chooses within them.
CREATE TABLE overt.policy (
    version integer CONSTRAINT policy_key PRIMARY KEY
        CONSTRAINT policy_version CHECK (version >= 1),
    base_version integer NOT NULL
        CONSTRAINT policy_base CHECK (base_version >= 0 AND base_version < version),
    categories text[] NOT NULL
        CONSTRAINT policy_categories CHECK (cardinality(categories) BETWEEN 1 AND 16),
    operational_locations text[] NOT NULL
        CONSTRAINT policy_operational_locations CHECK (
            cardinality(operational_locations) BETWEEN 1 AND 16),
    exercise_locations text[] NOT NULL
        CONSTRAINT policy_exercise_locations CHECK (
            cardinality(exercise_locations) BETWEEN 1 AND 16),
    subjects_max integer NOT NULL
        CONSTRAINT policy_subjects_max CHECK (subjects_max BETWEEN 1 AND 20000),
    blue_list_max integer NOT NULL
        CONSTRAINT policy_blue_list_max CHECK (blue_list_max BETWEEN 0 AND 50),
    window_max_h integer NOT NULL
        CONSTRAINT policy_window_max CHECK (window_max_h BETWEEN 1 AND 12),
    threshold_floor real NOT NULL
        CONSTRAINT policy_threshold_floor CHECK (threshold_floor BETWEEN 0.2 AND 0.95),
    old_image_years integer NOT NULL
        CONSTRAINT policy_old_image CHECK (old_image_years BETWEEN 1 AND 5),
    minor_below_years integer NOT NULL
        CONSTRAINT policy_minor CHECK (minor_below_years BETWEEN 18 AND 21),
    retention_watchlist_max_h integer NOT NULL
        CONSTRAINT policy_retention_watchlist CHECK (retention_watchlist_max_h BETWEEN 0 AND 24),
    retention_alert_max_h integer NOT NULL
        CONSTRAINT policy_retention_alert CHECK (retention_alert_max_h BETWEEN 1 AND 24),
    retention_true_alert_max_h integer NOT NULL
        CONSTRAINT policy_retention_true_alert CHECK (retention_true_alert_max_h BETWEEN 1 AND 744),
    blind_first boolean NOT NULL,
    second_verifier boolean NOT NULL,
    urgent_written_max_h integer NOT NULL
        CONSTRAINT policy_urgent_written CHECK (urgent_written_max_h BETWEEN 1 AND 24),
    urgent_repeat_days integer NOT NULL
        CONSTRAINT policy_urgent_repeat CHECK (urgent_repeat_days BETWEEN 7 AND 366),
    live_in_24h_max_h integer NOT NULL
        CONSTRAINT policy_live_in_24h CHECK (live_in_24h_max_h BETWEEN 1 AND 12),
    same_place_m integer NOT NULL
        CONSTRAINT policy_same_place CHECK (same_place_m BETWEEN 500 AND 10000),
    far_target_ppm integer NOT NULL
        CONSTRAINT policy_far_target CHECK (far_target_ppm BETWEEN 1 AND 1000),
    console_lock_s integer NOT NULL
        CONSTRAINT policy_console_lock CHECK (console_lock_s BETWEEN 60 AND 600),
    heartbeat_s integer NOT NULL
        CONSTRAINT policy_heartbeat CHECK (heartbeat_s BETWEEN 10 AND 60),
    sample_permille integer NOT NULL
        CONSTRAINT policy_sample_permille CHECK (sample_permille BETWEEN 10 AND 1000),
    sample_min integer NOT NULL
        CONSTRAINT policy_sample_min CHECK (sample_min BETWEEN 20 AND 20000),
    review_max_h integer NOT NULL
        CONSTRAINT policy_review CHECK (review_max_h BETWEEN 1 AND 24),
    membership_per_day integer NOT NULL
        CONSTRAINT policy_membership CHECK (membership_per_day BETWEEN 1 AND 20),
    evidence_review_days integer NOT NULL
        CONSTRAINT policy_evidence_review CHECK (evidence_review_days BETWEEN 1 AND 90),
    proposed_by uuid NOT NULL
        CONSTRAINT policy_proposed_by REFERENCES overt.principal (id),
    proposed_at timestamptz NOT NULL,
    written_by_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT policy_proposer UNIQUE (version, proposed_by)
);
COMMENT ON TABLE overt.policy IS
    'Proposed policies, one version each; in force is the newest approved. Append-only';
COMMENT ON COLUMN overt.policy.version IS '1, 2, 3 ... in the order of the proposals';
COMMENT ON COLUMN overt.policy.base_version IS
    'The version in force when it was proposed, 0 for none: it replaces that one or none';
COMMENT ON COLUMN overt.policy.categories IS 'Who may be listed: permitted categories of entries';
COMMENT ON COLUMN overt.policy.operational_locations IS
    'Where operational deployments may be: permitted types of location';
COMMENT ON COLUMN overt.policy.exercise_locations IS 'The same for exercises';
COMMENT ON COLUMN overt.policy.subjects_max IS
    'Subjects ever approved in one deployment, withdrawn ones included';
COMMENT ON COLUMN overt.policy.blue_list_max IS 'Volunteers in one deployment''s blue list';
COMMENT ON COLUMN overt.policy.window_max_h IS 'Longest window of one deployment';
COMMENT ON COLUMN overt.policy.threshold_floor IS
    'Lowest threshold with any model; overt.policy_floor may ask for more';
COMMENT ON COLUMN overt.policy.old_image_years IS 'A reference image older than this is flagged';
COMMENT ON COLUMN overt.policy.minor_below_years IS
    'A subject below this age needs the higher authority; an unknown birth date is flagged';
COMMENT ON COLUMN overt.policy.retention_watchlist_max_h IS
    'Longest time from a deployment''s close to the erasure of its watchlist';
COMMENT ON COLUMN overt.policy.retention_alert_max_h IS
    'Longest time an alert is kept that is not, or not yet, a true one';
COMMENT ON COLUMN overt.policy.retention_true_alert_max_h IS 'Longest time a true alert is kept';
COMMENT ON COLUMN overt.policy.blind_first IS 'Adjudicators judge before they see the score';
COMMENT ON COLUMN overt.policy.second_verifier IS 'A second person judges each alert separately';
COMMENT ON COLUMN overt.policy.urgent_written_max_h IS
    'Within this time of an oral authorisation the written one is given, or the deployment ends';
COMMENT ON COLUMN overt.policy.urgent_repeat_days IS
    'A second urgent use at the same place within these days needs the higher authority';
COMMENT ON COLUMN overt.policy.live_in_24h_max_h IS
    'More hours live within 24 h at the same place than this need the higher authority';
COMMENT ON COLUMN overt.policy.same_place_m IS
    'Two deployments are at the same place if they share a site or are no further apart than this';
COMMENT ON COLUMN overt.policy.far_target_ppm IS 'False alerts per million faces seen, at most';
COMMENT ON COLUMN overt.policy.console_lock_s IS 'The console locks after this time unattended';
COMMENT ON COLUMN overt.policy.heartbeat_s IS
    'An adjudicator is present when heard of within this time';
COMMENT ON COLUMN overt.policy.sample_permille IS
    'Of a bulk approval, this share is opened at random, besides every flagged entry';
COMMENT ON COLUMN overt.policy.sample_min IS '... and at least this many';
COMMENT ON COLUMN overt.policy.review_max_h IS
    'A watchlist is reviewed no longer than this before it goes live';
COMMENT ON COLUMN overt.policy.membership_per_day IS 'Membership queries a day';
COMMENT ON COLUMN overt.policy.evidence_review_days IS
    'An evidence hold lapses after this time unless it is renewed';
COMMENT ON COLUMN overt.policy.proposed_by IS 'Who proposed it';
COMMENT ON COLUMN overt.policy.proposed_at IS 'When';
COMMENT ON COLUMN overt.policy.written_by_xid IS
    'The transaction that wrote it: its floors are written by the same one';

CREATE TABLE overt.policy_floor (
    version integer NOT NULL
        CONSTRAINT policy_floor_version REFERENCES overt.policy (version),
    model_digest bytea NOT NULL
        CONSTRAINT policy_floor_model CHECK (octet_length(model_digest) = 32),
    threshold_floor real NOT NULL
        CONSTRAINT policy_floor_value CHECK (threshold_floor BETWEEN 0.2 AND 0.95),
    CONSTRAINT policy_floor_key PRIMARY KEY (version, model_digest)
);
COMMENT ON TABLE overt.policy_floor IS
    'Scores of different models mean different things: the lowest threshold of each. Append-only';
COMMENT ON COLUMN overt.policy_floor.version IS 'Of which policy';
COMMENT ON COLUMN overt.policy_floor.model_digest IS 'SHA-256 of the model pack';
COMMENT ON COLUMN overt.policy_floor.threshold_floor IS 'Lowest threshold with this model';

CREATE TABLE overt.policy_decision (
    version integer CONSTRAINT policy_decision_key PRIMARY KEY,
    decision text NOT NULL
        CONSTRAINT policy_decision_value CHECK (decision IN ('approved', 'refused')),
    proposed_by uuid NOT NULL,
    decided_by uuid NOT NULL
        CONSTRAINT policy_decided_by REFERENCES overt.principal (id),
    decided_at timestamptz NOT NULL,
    CONSTRAINT policy_decision_version FOREIGN KEY (version, proposed_by)
        REFERENCES overt.policy (version, proposed_by),
    CONSTRAINT policy_two_people CHECK (decision <> 'approved' OR decided_by <> proposed_by)
);
COMMENT ON TABLE overt.policy_decision IS
    'How a proposed policy was decided on, by another person than proposed it. Append-only';
COMMENT ON COLUMN overt.policy_decision.version IS 'Which version';
COMMENT ON COLUMN overt.policy_decision.decision IS 'approved or refused';
COMMENT ON COLUMN overt.policy_decision.proposed_by IS 'Who proposed it, so that two can be told';
COMMENT ON COLUMN overt.policy_decision.decided_by IS
    'Who decided: never who proposed, but that one may take a proposal back (refused)';
COMMENT ON COLUMN overt.policy_decision.decided_at IS 'When';

CREATE FUNCTION overt.policy_in_force() RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT max(version) FROM overt.policy_decision WHERE decision = 'approved'
$body$;
COMMENT ON FUNCTION overt.policy_in_force() IS 'The newest approved version; null: none yet';

CREATE FUNCTION overt.policy_check_new() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    code text;
BEGIN
    -- Proposals and decisions take turns.
    LOCK TABLE overt.policy IN SHARE ROW EXCLUSIVE MODE;
    PERFORM overt.require_person(NEW.proposed_by);
    NEW.written_by_xid := pg_current_xact_id();
    FOREACH code IN ARRAY NEW.categories || NEW.operational_locations || NEW.exercise_locations LOOP
        IF code IS NULL OR code !~ '^[a-z_]{1,40}$' THEN
            RAISE EXCEPTION 'categories and types of location are codes'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_code';
        END IF;
    END LOOP;
    IF EXISTS (SELECT FROM overt.policy LEFT JOIN overt.policy_decision USING (version)
               WHERE policy_decision.version IS NULL) THEN
        RAISE EXCEPTION 'another proposal has not been decided on'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_one_proposal';
    END IF;
    IF NEW.base_version <> coalesce(overt.policy_in_force(), 0)
       OR NEW.version <> (SELECT coalesce(max(version), 0) + 1 FROM overt.policy) THEN
        RAISE EXCEPTION 'the proposal is not made from the policy in force'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_stale';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.policy_check_new() IS
    'Trigger: one proposal at a time, by a person, made from the policy in force';

CREATE FUNCTION overt.policy_check_floor() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF NOT EXISTS (SELECT FROM overt.policy
                   WHERE version = NEW.version AND written_by_xid = pg_current_xact_id()) THEN
        RAISE EXCEPTION 'a policy has its floors from the start'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_fixed';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.policy_check_floor() IS
    'Trigger: nothing is added to a policy after it was proposed';

CREATE FUNCTION overt.policy_check_decision() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    LOCK TABLE overt.policy IN SHARE ROW EXCLUSIVE MODE;
    PERFORM overt.require_person(NEW.decided_by);
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.policy_check_decision() IS 'Trigger: an active person decides';

CREATE TRIGGER policy_new BEFORE INSERT ON overt.policy
    FOR EACH ROW EXECUTE FUNCTION overt.policy_check_new();
CREATE TRIGGER policy_floor_new BEFORE INSERT ON overt.policy_floor
    FOR EACH ROW EXECUTE FUNCTION overt.policy_check_floor();
CREATE TRIGGER policy_decision_new BEFORE INSERT ON overt.policy_decision
    FOR EACH ROW EXECUTE FUNCTION overt.policy_check_decision();
CREATE TRIGGER policy_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON overt.policy
    FOR EACH STATEMENT EXECUTE FUNCTION overt.refuse_change();
CREATE TRIGGER policy_floor_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON overt.policy_floor
    FOR EACH STATEMENT EXECUTE FUNCTION overt.refuse_change();
CREATE TRIGGER policy_decision_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON overt.policy_decision
    FOR EACH STATEMENT EXECUTE FUNCTION overt.refuse_change();
ALTER TABLE overt.policy ENABLE ALWAYS TRIGGER policy_append_only;
ALTER TABLE overt.policy_floor ENABLE ALWAYS TRIGGER policy_floor_append_only;
ALTER TABLE overt.policy_decision ENABLE ALWAYS TRIGGER policy_decision_append_only;
CREATE CONSTRAINT TRIGGER policy_audited
    AFTER INSERT ON overt.policy DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();
CREATE CONSTRAINT TRIGGER policy_decision_audited
    AFTER INSERT ON overt.policy_decision DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

GRANT SELECT, INSERT ON overt.policy, overt.policy_floor, overt.policy_decision TO overt_server;
GRANT EXECUTE ON FUNCTION overt.policy_in_force() TO overt_server;

RESET ROLE;

-- migrate:down

DROP TABLE overt.policy_decision;
DROP TABLE overt.policy_floor;
DROP TABLE overt.policy;
DROP FUNCTION overt.policy_check_decision();
DROP FUNCTION overt.policy_check_floor();
DROP FUNCTION overt.policy_check_new();
DROP FUNCTION overt.policy_in_force();
