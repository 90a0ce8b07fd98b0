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
    live_per_day_max_h integer NOT NULL
        CONSTRAINT policy_live_in_24h CHECK (live_per_day_max_h BETWEEN 1 AND 12),
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
    document_digest bytea NOT NULL
        CONSTRAINT policy_document REFERENCES audit.document (digest),
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
COMMENT ON COLUMN overt.policy.live_per_day_max_h IS
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
COMMENT ON COLUMN overt.policy.document_digest IS
    'All of it as a document: what is signed by who proposes and who approves';
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
    PERFORM overt.require_role(NEW.proposed_by, 'administrator');
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
    -- The first is approved by the bootstrap, when nobody has that role yet.
    IF NEW.decision = 'approved' AND NEW.version > 1 THEN
        PERFORM overt.require_role(NEW.decided_by, 'higher_authority');
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.policy_check_decision() IS
    'Trigger: the higher authority approves, but for the first version';

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

CREATE TABLE overt.model_acceptance (
    id uuid CONSTRAINT model_acceptance_key PRIMARY KEY,
    model_digest bytea NOT NULL
        CONSTRAINT model_acceptance_model CHECK (octet_length(model_digest) = 32),
    report_digest bytea NOT NULL
        CONSTRAINT model_acceptance_report CHECK (octet_length(report_digest) = 32),
    threshold_floor real NOT NULL
        CONSTRAINT model_acceptance_floor CHECK (threshold_floor BETWEEN 0.2 AND 0.95),
    document_digest bytea NOT NULL
        CONSTRAINT model_acceptance_document REFERENCES audit.document (digest),
    proposed_by uuid NOT NULL
        CONSTRAINT model_acceptance_proposed_by REFERENCES overt.principal (id),
    proposed_at timestamptz NOT NULL,
    CONSTRAINT model_acceptance_proposer UNIQUE (id, proposed_by)
);
CREATE INDEX model_acceptance_by_model ON overt.model_acceptance (model_digest);
COMMENT ON TABLE overt.model_acceptance IS
    'Models that were proposed for operational use in this installation. Append-only';
COMMENT ON COLUMN overt.model_acceptance.id IS 'Random';
COMMENT ON COLUMN overt.model_acceptance.model_digest IS 'SHA-256 of the model pack';
COMMENT ON COLUMN overt.model_acceptance.report_digest IS
    'SHA-256 of the evaluation report that the decision rests on';
COMMENT ON COLUMN overt.model_acceptance.threshold_floor IS
    'Lowest threshold of an operational deployment with it, from that report';
COMMENT ON COLUMN overt.model_acceptance.document_digest IS 'What both people sign';
COMMENT ON COLUMN overt.model_acceptance.proposed_by IS 'Who proposed it';
COMMENT ON COLUMN overt.model_acceptance.proposed_at IS 'When';

CREATE TABLE overt.model_decision (
    acceptance_id uuid NOT NULL,
    decision text NOT NULL
        CONSTRAINT model_decision_value CHECK (decision IN ('approved', 'refused', 'withdrawn')),
    proposed_by uuid NOT NULL,
    decided_by uuid NOT NULL
        CONSTRAINT model_decided_by REFERENCES overt.principal (id),
    decided_at timestamptz NOT NULL,
    CONSTRAINT model_decision_key PRIMARY KEY (acceptance_id, decision),
    CONSTRAINT model_decision_acceptance FOREIGN KEY (acceptance_id, proposed_by)
        REFERENCES overt.model_acceptance (id, proposed_by),
    CONSTRAINT model_two_people CHECK (decision <> 'approved' OR decided_by <> proposed_by)
);
CREATE UNIQUE INDEX model_decided_once ON overt.model_decision (acceptance_id)
    WHERE decision IN ('approved', 'refused');
COMMENT ON TABLE overt.model_decision IS
    'How a model was decided on: approved by another person than proposed it, withdrawn by any one. Append-only';
COMMENT ON COLUMN overt.model_decision.acceptance_id IS 'On which proposal';
COMMENT ON COLUMN overt.model_decision.decision IS 'approved or refused; withdrawn ends an approval';
COMMENT ON COLUMN overt.model_decision.proposed_by IS 'Who proposed it, so that two can be told';
COMMENT ON COLUMN overt.model_decision.decided_by IS 'Who decided';
COMMENT ON COLUMN overt.model_decision.decided_at IS 'When';

CREATE FUNCTION overt.model_accepted(of_model bytea) RETURNS real
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT max(acceptance.threshold_floor)
    FROM overt.model_acceptance AS acceptance
    JOIN overt.model_decision AS decided ON decided.acceptance_id = acceptance.id
    WHERE acceptance.model_digest = of_model AND decided.decision = 'approved'
      AND NOT EXISTS (SELECT FROM overt.model_decision AS later
                      WHERE later.acceptance_id = acceptance.id AND later.decision = 'withdrawn')
$body$;
COMMENT ON FUNCTION overt.model_accepted(bytea) IS
    'Lowest operational threshold with this model; null: it is not accepted, or no longer';

CREATE FUNCTION overt.model_check_new() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    PERFORM overt.require_role(NEW.proposed_by, 'administrator');
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.model_check_new() IS 'Trigger: an administrator proposes';

CREATE FUNCTION overt.model_check_decision() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    PERFORM overt.require_person(NEW.decided_by);
    IF NEW.decision = 'approved' THEN
        PERFORM overt.require_role(NEW.decided_by, 'higher_authority');
    END IF;
    IF NEW.decision = 'withdrawn'
       AND NOT EXISTS (SELECT FROM overt.model_decision
                       WHERE acceptance_id = NEW.acceptance_id AND decision = 'approved') THEN
        RAISE EXCEPTION 'only what was approved is withdrawn'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'model_not_approved';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.model_check_decision() IS
    'Trigger: the higher authority approves; only what was approved is withdrawn';

CREATE TABLE overt.notice_publication (
    deployment_id uuid NOT NULL
        CONSTRAINT notice_publication_deployment REFERENCES overt.deployment (id),
    notice_digest bytea NOT NULL
        CONSTRAINT notice_publication_notice CHECK (octet_length(notice_digest) = 32),
    document_digest bytea NOT NULL
        CONSTRAINT notice_publication_document REFERENCES audit.document (digest),
    published_by uuid NOT NULL
        CONSTRAINT notice_published_by REFERENCES overt.principal (id),
    published_at timestamptz NOT NULL,
    CONSTRAINT notice_publication_key PRIMARY KEY (deployment_id, document_digest)
);
COMMENT ON TABLE overt.notice_publication IS
    'Where the notice of a deployment was published, and which one. Append-only';
COMMENT ON COLUMN overt.notice_publication.deployment_id IS 'The deployment';
COMMENT ON COLUMN overt.notice_publication.notice_digest IS 'SHA-256 of the page that was published';
COMMENT ON COLUMN overt.notice_publication.document_digest IS 'The document that says where';
COMMENT ON COLUMN overt.notice_publication.published_by IS 'Who says so';
COMMENT ON COLUMN overt.notice_publication.published_at IS 'When it was recorded';

CREATE FUNCTION overt.notice_check_publication() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    PERFORM overt.require_person(NEW.published_by);
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.notice_check_publication() IS 'Trigger: an active person says so';

CREATE TABLE overt.deployment_notice (
    deployment_id uuid NOT NULL
        CONSTRAINT deployment_notice_deployment REFERENCES overt.deployment (id),
    revision integer NOT NULL
        CONSTRAINT deployment_notice_revision CHECK (revision >= 1),
    page_digest bytea NOT NULL
        CONSTRAINT deployment_notice_page CHECK (octet_length(page_digest) = 32),
    document_digest bytea NOT NULL
        CONSTRAINT deployment_notice_document REFERENCES audit.document (digest),
    CONSTRAINT deployment_notice_key PRIMARY KEY (deployment_id, revision)
);
COMMENT ON TABLE overt.deployment_notice IS
    'The public notice of each revision of an application; the application names its digest. Append-only';
COMMENT ON COLUMN overt.deployment_notice.deployment_id IS 'The deployment';
COMMENT ON COLUMN overt.deployment_notice.revision IS 'Of which revision of its application';
COMMENT ON COLUMN overt.deployment_notice.page_digest IS 'SHA-256 of the page, as it is published';
COMMENT ON COLUMN overt.deployment_notice.document_digest IS
    'The document "notice": page, sign and leaflet';

CREATE TABLE overt.notice_waiver (
    deployment_id uuid CONSTRAINT notice_waiver_key PRIMARY KEY
        CONSTRAINT notice_waiver_deployment REFERENCES overt.deployment (id),
    document_digest bytea NOT NULL
        CONSTRAINT notice_waiver_document REFERENCES audit.document (digest),
    waived_by uuid NOT NULL
        CONSTRAINT notice_waived_by REFERENCES overt.principal (id),
    waived_at timestamptz NOT NULL
);
COMMENT ON TABLE overt.notice_waiver IS
    'Prior notice that was waived: an authorising officer''s decision with its reason. Append-only';
COMMENT ON COLUMN overt.notice_waiver.deployment_id IS 'The deployment';
COMMENT ON COLUMN overt.notice_waiver.document_digest IS 'The document with the reason';
COMMENT ON COLUMN overt.notice_waiver.waived_by IS 'Who waived it: never who applied';
COMMENT ON COLUMN overt.notice_waiver.waived_at IS 'When';

CREATE FUNCTION overt.notice_check_waiver() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    PERFORM overt.require_role(NEW.waived_by, 'authorising_officer', 'higher_authority');
    IF EXISTS (SELECT FROM overt.deployment
               WHERE id = NEW.deployment_id AND applied_by = NEW.waived_by) THEN
        RAISE EXCEPTION 'who applied does not waive the notice'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'notice_two_people';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.notice_check_waiver() IS
    'Trigger: an authorising officer, not the applicant, waives';
CREATE TRIGGER notice_waiver_new BEFORE INSERT ON overt.notice_waiver
    FOR EACH ROW EXECUTE FUNCTION overt.notice_check_waiver();

-- A second guard beside the server's: whoever writes the state.
CREATE FUNCTION overt.deployment_check_model() RETURNS trigger
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

CREATE TRIGGER model_acceptance_new BEFORE INSERT ON overt.model_acceptance
    FOR EACH ROW EXECUTE FUNCTION overt.model_check_new();
CREATE TRIGGER model_decision_new BEFORE INSERT ON overt.model_decision
    FOR EACH ROW EXECUTE FUNCTION overt.model_check_decision();
CREATE TRIGGER notice_publication_new BEFORE INSERT ON overt.notice_publication
    FOR EACH ROW EXECUTE FUNCTION overt.notice_check_publication();
CREATE TRIGGER model_acceptance_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON overt.model_acceptance
    FOR EACH STATEMENT EXECUTE FUNCTION overt.refuse_change();
ALTER TABLE overt.model_acceptance ENABLE ALWAYS TRIGGER model_acceptance_append_only;
CREATE CONSTRAINT TRIGGER model_acceptance_audited
    AFTER INSERT ON overt.model_acceptance DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();
CREATE TRIGGER model_decision_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON overt.model_decision
    FOR EACH STATEMENT EXECUTE FUNCTION overt.refuse_change();
ALTER TABLE overt.model_decision ENABLE ALWAYS TRIGGER model_decision_append_only;
CREATE CONSTRAINT TRIGGER model_decision_audited
    AFTER INSERT ON overt.model_decision DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();
CREATE TRIGGER notice_publication_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON overt.notice_publication
    FOR EACH STATEMENT EXECUTE FUNCTION overt.refuse_change();
ALTER TABLE overt.notice_publication ENABLE ALWAYS TRIGGER notice_publication_append_only;
CREATE CONSTRAINT TRIGGER notice_publication_audited
    AFTER INSERT ON overt.notice_publication DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();
CREATE TRIGGER deployment_notice_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON overt.deployment_notice
    FOR EACH STATEMENT EXECUTE FUNCTION overt.refuse_change();
ALTER TABLE overt.deployment_notice ENABLE ALWAYS TRIGGER deployment_notice_append_only;
CREATE CONSTRAINT TRIGGER deployment_notice_audited
    AFTER INSERT ON overt.deployment_notice DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();
CREATE TRIGGER notice_waiver_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON overt.notice_waiver
    FOR EACH STATEMENT EXECUTE FUNCTION overt.refuse_change();
ALTER TABLE overt.notice_waiver ENABLE ALWAYS TRIGGER notice_waiver_append_only;
CREATE CONSTRAINT TRIGGER notice_waiver_audited
    AFTER INSERT ON overt.notice_waiver DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

GRANT SELECT, INSERT ON overt.model_acceptance, overt.model_decision, overt.notice_publication,
    overt.deployment_notice, overt.notice_waiver TO overt_server;
GRANT EXECUTE ON FUNCTION overt.model_accepted(bytea) TO overt_server;

RESET ROLE;

-- migrate:down

DROP TRIGGER deployment_3_model ON overt.deployment;
DROP FUNCTION overt.deployment_check_model();
DROP TABLE overt.notice_waiver;
DROP FUNCTION overt.notice_check_waiver();
DROP TABLE overt.deployment_notice;
DROP TABLE overt.notice_publication;
DROP FUNCTION overt.notice_check_publication();
DROP TABLE overt.model_decision;
DROP TABLE overt.model_acceptance;
DROP FUNCTION overt.model_check_decision();
DROP FUNCTION overt.model_check_new();
DROP FUNCTION overt.model_accepted(bytea);
DROP TABLE overt.policy_decision;
DROP TABLE overt.policy_floor;
DROP TABLE overt.policy;
DROP FUNCTION overt.policy_check_decision();
DROP FUNCTION overt.policy_check_floor();
DROP FUNCTION overt.policy_check_new();
DROP FUNCTION overt.policy_in_force();
