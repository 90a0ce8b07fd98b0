-- migrate:up

SET LOCAL ROLE overt_owner;

-- --- alarms --------------------------------------------------------------------------------------

CREATE TABLE overt.alarm (
    id uuid CONSTRAINT alarm_key PRIMARY KEY,
    code text NOT NULL CONSTRAINT alarm_code CHECK (code ~ '^[a-z_]{1,40}(\.[a-z_]{1,40}){1,3}$'),
    raised_at timestamptz NOT NULL,
    raised_by uuid CONSTRAINT alarm_raised_by REFERENCES overt.principal (id),
    deployment_id uuid CONSTRAINT alarm_deployment REFERENCES overt.deployment (id),
    object_id uuid,
    cleared_at timestamptz,
    cleared_by uuid CONSTRAINT alarm_cleared_by REFERENCES overt.principal (id),
    CONSTRAINT alarm_cleared CHECK (cleared_by IS NULL OR cleared_at IS NOT NULL),
    CONSTRAINT alarm_two_people CHECK (cleared_by <> raised_by)
);
CREATE UNIQUE INDEX alarm_open_once ON overt.alarm (code, deployment_id, object_id)
    NULLS NOT DISTINCT WHERE cleared_at IS NULL;
CREATE INDEX alarm_by_time ON overt.alarm (raised_at, id);
COMMENT ON TABLE overt.alarm IS
    'What somebody has to look at: open until it is cleared. Never deleted';
COMMENT ON COLUMN overt.alarm.id IS 'Random';
COMMENT ON COLUMN overt.alarm.code IS 'What is wrong: a stable, dotted code';
COMMENT ON COLUMN overt.alarm.raised_at IS 'Since when';
COMMENT ON COLUMN overt.alarm.raised_by IS
    'The person whose act raised it, who does not clear it; null: the server noticed by itself';
COMMENT ON COLUMN overt.alarm.deployment_id IS 'The deployment it is about, if any';
COMMENT ON COLUMN overt.alarm.object_id IS 'Whatever else it is about: a person, an alert; if any';
COMMENT ON COLUMN overt.alarm.cleared_at IS 'When it was cleared; null: open';
COMMENT ON COLUMN overt.alarm.cleared_by IS 'Who cleared it; null: its cause ended';

CREATE FUNCTION overt.alarm_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.cleared_at IS NOT NULL THEN
            RAISE EXCEPTION 'an alarm begins open'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'alarm_step';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.cleared_at IS NOT NULL OR NEW.cleared_at IS NULL THEN
        RAISE EXCEPTION 'an alarm is cleared once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alarm_step';
    END IF;
    IF NEW.cleared_by IS NOT NULL THEN
        PERFORM overt.require_person(NEW.cleared_by);
    ELSIF OLD.raised_by IS NOT NULL THEN
        RAISE EXCEPTION 'what a person''s act raised, another person clears'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alarm_two_people';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.alarm_check() IS
    'Alarms begin open, are cleared once, and what a person raised only by another person';

CREATE TRIGGER alarm_check BEFORE INSERT OR UPDATE ON overt.alarm
    FOR EACH ROW EXECUTE FUNCTION overt.alarm_check();
CREATE CONSTRAINT TRIGGER alarm_audited
    AFTER INSERT OR UPDATE ON overt.alarm DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

GRANT SELECT, INSERT, UPDATE (cleared_at, cleared_by) ON overt.alarm TO overt_server;

-- --- who is who, decided by two administrators -----------------------------------------------------

-- Whatever changes who may act is done one after the other, so that two administrators who suspend
-- each other at the same moment do not leave an installation without any.
CREATE FUNCTION overt.lock_people() RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT pg_advisory_xact_lock(7600, 1)
$body$;
COMMENT ON FUNCTION overt.lock_people() IS
    'Held to the end of a transaction that changes who may act';

CREATE FUNCTION overt.holds_role(person uuid, wanted text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT EXISTS (
        SELECT FROM overt.principal
        JOIN overt.principal_role ON principal_role.principal_id = principal.id
        WHERE principal.id = person AND principal.kind = 'person' AND principal.active
          AND principal_role.role = wanted)
$body$;
COMMENT ON FUNCTION overt.holds_role(uuid, text) IS 'Whether this is an active person of that role';
GRANT EXECUTE ON FUNCTION overt.holds_role(uuid, text) TO overt_server;

CREATE FUNCTION overt.require_administrator(person uuid) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF NOT overt.holds_role(person, 'administrator') THEN
        RAISE EXCEPTION 'whoever decides this has to be an active administrator'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'people_administrator';
    END IF;
END
$body$;
COMMENT ON FUNCTION overt.require_administrator(uuid) IS
    'Fails unless this is an active administrator';

CREATE TABLE overt.people_decision (
    id uuid CONSTRAINT people_decision_key PRIMARY KEY,
    kind text NOT NULL CONSTRAINT people_decision_kind CHECK (
        kind IN ('add_person', 'grant_role', 'add_identity', 'reactivate')),
    principal_id uuid NOT NULL,
    name text CONSTRAINT people_decision_name CHECK (name ~ '^[a-z0-9-]{1,64}$'),
    roles text[] NOT NULL DEFAULT '{}',
    uri text CONSTRAINT people_decision_uri CHECK (
        uri ~ '^overt://(person|site)/[a-z0-9-]{1,64}$'),
    proposed_by uuid NOT NULL
        CONSTRAINT people_decision_proposed_by REFERENCES overt.principal (id),
    proposed_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL DEFAULT now() + interval '7 days'
        CONSTRAINT people_decision_expiry CHECK (
            expires_at > proposed_at AND expires_at <= proposed_at + interval '7 days'),
    state text NOT NULL DEFAULT 'proposed' CONSTRAINT people_decision_state CHECK (
        state IN ('proposed', 'confirmed', 'withdrawn')),
    decided_by uuid CONSTRAINT people_decision_decided_by REFERENCES overt.principal (id),
    decided_at timestamptz,
    decided_xid xid8,
    CONSTRAINT people_decision_content CHECK (CASE kind
        WHEN 'add_person' THEN name IS NOT NULL AND uri IS NOT NULL
        WHEN 'grant_role' THEN name IS NULL AND uri IS NULL AND cardinality(roles) > 0
        WHEN 'add_identity' THEN name IS NULL AND uri IS NOT NULL AND roles = '{}'
        ELSE name IS NULL AND uri IS NULL AND roles = '{}' END),
    CONSTRAINT people_decision_decided CHECK (
        (state = 'proposed') = (decided_by IS NULL)
        AND (decided_by IS NULL) = (decided_at IS NULL)
        AND (decided_by IS NULL) = (decided_xid IS NULL)),
    CONSTRAINT people_two_administrators CHECK (state <> 'confirmed' OR decided_by <> proposed_by)
);
CREATE INDEX people_decision_by_principal ON overt.people_decision (principal_id, decided_xid);
CREATE INDEX people_decision_by_time ON overt.people_decision (proposed_at, id);
COMMENT ON TABLE overt.people_decision IS
    'What widens somebody''s rights: proposed by one administrator, confirmed by another. Never deleted';
COMMENT ON COLUMN overt.people_decision.id IS 'Random';
COMMENT ON COLUMN overt.people_decision.kind IS
    'add_person, grant_role, add_identity (another certificate of the same person) or reactivate';
COMMENT ON COLUMN overt.people_decision.principal_id IS
    'Whom it is about; for add_person the id that the new person will have';
COMMENT ON COLUMN overt.people_decision.name IS 'Of the new person: a staff id';
COMMENT ON COLUMN overt.people_decision.roles IS 'Roles to hold from then on, besides those held';
COMMENT ON COLUMN overt.people_decision.uri IS 'The certificate''s SAN URI to add';
COMMENT ON COLUMN overt.people_decision.proposed_by IS 'The administrator who proposed it';
COMMENT ON COLUMN overt.people_decision.proposed_at IS 'When, by the database''s clock';
COMMENT ON COLUMN overt.people_decision.expires_at IS 'It is not confirmed after this';
COMMENT ON COLUMN overt.people_decision.state IS 'proposed, confirmed or withdrawn';
COMMENT ON COLUMN overt.people_decision.decided_by IS 'Who confirmed or withdrew it';
COMMENT ON COLUMN overt.people_decision.decided_at IS 'When, by the database''s clock';
COMMENT ON COLUMN overt.people_decision.decided_xid IS
    'The transaction that did so: only the same one may do what was confirmed';

CREATE FUNCTION overt.people_proposal_check(proposal overt.people_decision) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    target overt.principal;
BEGIN
    IF NOT proposal.roles <@ ARRAY[
        'administrator', 'applicant', 'watchlist_manager', 'authorising_officer',
        'higher_authority', 'deployment_lead', 'adjudicator', 'engagement_officer',
        'data_protection', 'oversight']
    THEN
        RAISE EXCEPTION 'a person does not have such a role'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'principal_role_principal';
    END IF;
    IF EXISTS (SELECT FROM overt.principal_identity WHERE uri = proposal.uri) THEN
        RAISE EXCEPTION 'the identity belongs to somebody already'
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'principal_identity_key';
    END IF;
    SELECT * INTO target FROM overt.principal WHERE id = proposal.principal_id;
    IF proposal.kind = 'add_person' THEN
        IF proposal.uri LIKE 'overt://site/%' THEN
            RAISE EXCEPTION 'a person has the identity of a person'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'principal_identity_principal';
        END IF;
        IF target.id IS NOT NULL OR EXISTS (
            SELECT FROM overt.principal WHERE kind = 'person' AND name = proposal.name)
        THEN
            RAISE EXCEPTION 'there is such a person already'
                USING ERRCODE = 'unique_violation', CONSTRAINT = 'principal_name_unique';
        END IF;
        RETURN;
    END IF;
    IF target.id IS NULL THEN
        RAISE EXCEPTION 'there is no such principal'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'people_decision_principal';
    END IF;
    IF proposal.uri IS NOT NULL AND split_part(proposal.uri, '/', 3) <> target.kind THEN
        RAISE EXCEPTION 'the identity is of another kind'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'principal_identity_principal';
    END IF;
    IF proposal.kind = 'grant_role' AND target.kind <> 'person' THEN
        RAISE EXCEPTION 'a site has no other role'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'principal_role_principal';
    END IF;
    IF proposal.kind = 'grant_role' AND EXISTS (
        SELECT FROM overt.principal_role
        WHERE principal_id = target.id AND role = ANY (proposal.roles))
    THEN
        RAISE EXCEPTION 'the role is held already'
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'principal_role_key';
    END IF;
    IF proposal.kind = 'reactivate' AND target.active THEN
        RAISE EXCEPTION 'the principal is active'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'people_active';
    END IF;
END
$body$;
COMMENT ON FUNCTION overt.people_proposal_check(overt.people_decision) IS
    'Fails unless what is proposed could be done now';

CREATE FUNCTION overt.people_decision_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    PERFORM overt.lock_people();
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' THEN
            RAISE EXCEPTION 'a decision begins as a proposal'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'people_decision_step';
        END IF;
        NEW.proposed_at := now();
        NEW.expires_at := now() + interval '7 days';
        PERFORM overt.require_administrator(NEW.proposed_by);
        PERFORM overt.people_proposal_check(NEW);
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.kind, NEW.principal_id, NEW.name, NEW.roles, NEW.uri, NEW.proposed_by,
        NEW.proposed_at, NEW.expires_at)
       IS DISTINCT FROM
       (OLD.id, OLD.kind, OLD.principal_id, OLD.name, OLD.roles, OLD.uri, OLD.proposed_by,
        OLD.proposed_at, OLD.expires_at)
    THEN
        RAISE EXCEPTION 'what was proposed does not change'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'people_decision_fixed';
    END IF;
    IF OLD.state <> 'proposed' OR NEW.state = 'proposed' THEN
        RAISE EXCEPTION 'a proposal is decided on once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'people_decision_step';
    END IF;
    NEW.decided_at := now();
    NEW.decided_xid := pg_current_xact_id();
    PERFORM overt.require_administrator(NEW.decided_by);
    IF NEW.state = 'confirmed' THEN
        IF NEW.decided_by = OLD.proposed_by THEN
            RAISE EXCEPTION 'another administrator confirms'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'people_two_administrators';
        END IF;
        IF now() >= OLD.expires_at THEN
            RAISE EXCEPTION 'the proposal has expired'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'people_decision_expired';
        END IF;
        PERFORM overt.require_administrator(OLD.proposed_by);
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.people_decision_check() IS
    'Two distinct, active administrators within seven days; what was proposed does not change';
CREATE TRIGGER people_decision_check BEFORE INSERT OR UPDATE ON overt.people_decision
    FOR EACH ROW EXECUTE FUNCTION overt.people_decision_check();

CREATE FUNCTION overt.people_decision_done() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF NEW.state <> 'confirmed' THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (SELECT FROM overt.principal WHERE id = NEW.principal_id)
       OR EXISTS (SELECT unnest(NEW.roles)
                  EXCEPT SELECT role FROM overt.principal_role
                  WHERE principal_id = NEW.principal_id)
       OR (NEW.uri IS NOT NULL AND NOT EXISTS (
               SELECT FROM overt.principal_identity
               WHERE uri = NEW.uri AND principal_id = NEW.principal_id))
       OR (NEW.kind = 'reactivate' AND NOT EXISTS (
               SELECT FROM overt.principal WHERE id = NEW.principal_id AND active))
    THEN
        RAISE EXCEPTION 'what was confirmed was not done'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'people_decision_undone';
    END IF;
    RETURN NULL;
END
$body$;
COMMENT ON FUNCTION overt.people_decision_done() IS
    'Deferred to the commit: what is confirmed is done by the same transaction';
CREATE CONSTRAINT TRIGGER people_decision_done
    AFTER UPDATE ON overt.people_decision DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION overt.people_decision_done();
CREATE CONSTRAINT TRIGGER people_decision_audited
    AFTER INSERT OR UPDATE ON overt.people_decision DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

-- Before there is anybody, there is nobody to decide: the first two administrators are made by one
-- transaction, which every other principal comes after.
CREATE FUNCTION overt.is_bootstrap() RETURNS boolean
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT count(*) <= 2 AND count(*) FILTER (
               WHERE kind <> 'person' OR xmin <> pg_current_xact_id()::xid) = 0
    FROM overt.principal
$body$;
COMMENT ON FUNCTION overt.is_bootstrap() IS
    'Whether there is nobody but at most two persons whom this transaction has added';

CREATE FUNCTION overt.require_people_decision() RETURNS trigger
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
COMMENT ON FUNCTION overt.require_people_decision() IS
    'Persons, their roles and identities come with a decision confirmed in the same transaction';
CREATE TRIGGER principal_decided AFTER INSERT ON overt.principal
    FOR EACH ROW EXECUTE FUNCTION overt.require_people_decision();
CREATE TRIGGER principal_role_decided AFTER INSERT ON overt.principal_role
    FOR EACH ROW EXECUTE FUNCTION overt.require_people_decision();
CREATE TRIGGER principal_identity_decided AFTER INSERT ON overt.principal_identity
    FOR EACH ROW EXECUTE FUNCTION overt.require_people_decision();

CREATE FUNCTION overt.require_other_administrator(person uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF overt.holds_role(person, 'administrator') AND NOT EXISTS (
        SELECT FROM overt.principal
        JOIN overt.principal_role ON principal_role.principal_id = principal.id
        WHERE principal.id <> person AND principal.active
          AND principal_role.role = 'administrator')
    THEN
        RAISE EXCEPTION 'this is the last administrator'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'people_last_administrator';
    END IF;
END
$body$;
COMMENT ON FUNCTION overt.require_other_administrator(uuid) IS
    'Fails when without this person there were no active administrator';

CREATE FUNCTION overt.principal_active_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF NEW.active = OLD.active THEN
        RETURN NEW;
    END IF;
    PERFORM overt.lock_people();
    IF NOT NEW.active THEN
        PERFORM overt.require_other_administrator(OLD.id);
    ELSIF NOT EXISTS (
        SELECT FROM overt.people_decision AS decision
        WHERE decision.principal_id = OLD.id AND decision.state = 'confirmed'
          AND decision.decided_xid = pg_current_xact_id() AND decision.kind = 'reactivate')
    THEN
        RAISE EXCEPTION 'reactivating takes a decision of two administrators'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'people_not_decided';
    END IF;
    PERFORM pg_notify('overt_people', OLD.id::text);
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.principal_active_check() IS
    'Suspending leaves one administrator, reactivating takes two; either wakes the servers';
CREATE TRIGGER principal_active_check BEFORE UPDATE OF active ON overt.principal
    FOR EACH ROW EXECUTE FUNCTION overt.principal_active_check();

CREATE FUNCTION overt.principal_role_revoked() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    PERFORM overt.lock_people();
    IF OLD.role = 'site' THEN
        RAISE EXCEPTION 'a site stays a site; suspend it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'principal_role_principal';
    END IF;
    IF OLD.role = 'administrator' THEN
        PERFORM overt.require_other_administrator(OLD.principal_id);
    END IF;
    PERFORM pg_notify('overt_people', OLD.principal_id::text);
    RETURN OLD;
END
$body$;
COMMENT ON FUNCTION overt.principal_role_revoked() IS
    'Revoking leaves one administrator and wakes the servers';
CREATE TRIGGER principal_role_revoked BEFORE DELETE ON overt.principal_role
    FOR EACH ROW EXECUTE FUNCTION overt.principal_role_revoked();

GRANT SELECT ON overt.people_decision TO overt_server;
GRANT INSERT (id, kind, principal_id, name, roles, uri, proposed_by),
      UPDATE (state, decided_by) ON overt.people_decision TO overt_server;
GRANT DELETE ON overt.principal_role TO overt_server;

-- --- membership queries ----------------------------------------------------------------------------

-- Nothing of a reference stays: until somebody answers, a keyed commitment that differs from query
-- to query even for one reference; after that, not even this.
CREATE TABLE overt.membership_query (
    id uuid CONSTRAINT membership_query_key PRIMARY KEY,
    request_number text NOT NULL CONSTRAINT membership_query_request CHECK (
        request_number ~ '^[A-Za-z0-9/._-]{1,64}$'),
    deployment_id uuid CONSTRAINT membership_query_deployment REFERENCES overt.deployment (id),
    day date,
    asked_by uuid NOT NULL CONSTRAINT membership_query_asked_by REFERENCES overt.principal (id),
    asked_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL DEFAULT now() + interval '24 hours'
        CONSTRAINT membership_query_expiry CHECK (
            expires_at > asked_at AND expires_at <= asked_at + interval '24 hours'),
    commitment bytea CONSTRAINT membership_query_commitment CHECK (octet_length(commitment) = 32),
    mismatches integer NOT NULL DEFAULT 0
        CONSTRAINT membership_query_mismatches CHECK (mismatches BETWEEN 0 AND 3),
    state text NOT NULL DEFAULT 'asked' CONSTRAINT membership_query_state CHECK (
        state IN ('asked', 'answered', 'withdrawn', 'lapsed')),
    decided_by uuid CONSTRAINT membership_query_decided_by REFERENCES overt.principal (id),
    decided_at timestamptz,
    CONSTRAINT membership_query_scope CHECK ((deployment_id IS NULL) <> (day IS NULL)),
    CONSTRAINT membership_query_gone CHECK ((state = 'asked') = (commitment IS NOT NULL)),
    CONSTRAINT membership_query_decided CHECK (
        (state = 'asked') = (decided_at IS NULL)
        AND (state IN ('answered', 'withdrawn')) = (decided_by IS NOT NULL)),
    CONSTRAINT membership_two_people CHECK (state <> 'answered' OR decided_by <> asked_by)
);
CREATE INDEX membership_query_by_time ON overt.membership_query (asked_at, id);
COMMENT ON TABLE overt.membership_query IS
    'Who asked whether somebody was listed, under which request, and who let it be answered. Never deleted; holds no reference and no answer';
COMMENT ON COLUMN overt.membership_query.id IS 'Random';
COMMENT ON COLUMN overt.membership_query.request_number IS 'The number of the request made to the force';
COMMENT ON COLUMN overt.membership_query.deployment_id IS 'Asked about this deployment';
COMMENT ON COLUMN overt.membership_query.day IS '... or about this UTC day';
COMMENT ON COLUMN overt.membership_query.asked_by IS 'A person of data protection';
COMMENT ON COLUMN overt.membership_query.asked_at IS 'When, by the database''s clock';
COMMENT ON COLUMN overt.membership_query.expires_at IS 'It is not answered after this';
COMMENT ON COLUMN overt.membership_query.commitment IS
    'HMAC-SHA-256(ledger key, 0x01, id, reference) until it is decided, so that both people mean the same; then null';
COMMENT ON COLUMN overt.membership_query.mismatches IS
    'How often the second person gave another reference; the third ends it';
COMMENT ON COLUMN overt.membership_query.state IS 'asked, answered, withdrawn or lapsed';
COMMENT ON COLUMN overt.membership_query.decided_by IS 'Who confirmed or withdrew it; null: lapsed';
COMMENT ON COLUMN overt.membership_query.decided_at IS 'When it ended, by the database''s clock';

CREATE FUNCTION overt.membership_query_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM pg_advisory_xact_lock(7600, 2);
        NEW.asked_at := now();
        NEW.expires_at := now() + interval '24 hours';
        IF NEW.state <> 'asked' THEN
            RAISE EXCEPTION 'a query begins by being asked'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_query_step';
        END IF;
        IF NOT overt.holds_role(NEW.asked_by, 'data_protection') THEN
            RAISE EXCEPTION 'data protection asks'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_role';
        END IF;
        IF (SELECT count(*) FROM overt.membership_query
            WHERE asked_at > now() - interval '24 hours') >= 20 THEN
            RAISE EXCEPTION 'twenty queries a day are enough'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_limit';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.request_number, NEW.deployment_id, NEW.day, NEW.asked_by, NEW.asked_at,
        NEW.expires_at)
       IS DISTINCT FROM
       (OLD.id, OLD.request_number, OLD.deployment_id, OLD.day, OLD.asked_by, OLD.asked_at,
        OLD.expires_at)
       OR (NEW.commitment IS NOT NULL AND NEW.commitment IS DISTINCT FROM OLD.commitment)
    THEN
        RAISE EXCEPTION 'what was asked does not change'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_query_fixed';
    END IF;
    IF OLD.state <> 'asked' OR NEW.mismatches < OLD.mismatches THEN
        RAISE EXCEPTION 'a query is answered once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_query_step';
    END IF;
    IF NEW.state = 'asked' THEN
        RETURN NEW;
    END IF;
    NEW.decided_at := now();
    IF NEW.state = 'answered' THEN
        IF NEW.decided_by = OLD.asked_by THEN
            RAISE EXCEPTION 'another person confirms'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_two_people';
        END IF;
        IF NOT overt.holds_role(NEW.decided_by, 'data_protection')
           AND NOT overt.holds_role(NEW.decided_by, 'higher_authority') THEN
            RAISE EXCEPTION 'data protection or the higher authority confirms'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_role';
        END IF;
        IF now() >= OLD.expires_at THEN
            RAISE EXCEPTION 'the query has expired'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_query_expired';
        END IF;
    ELSIF NEW.state = 'withdrawn' THEN
        PERFORM overt.require_person(NEW.decided_by);
    ELSIF now() < OLD.expires_at AND NEW.mismatches < 3 THEN
        RAISE EXCEPTION 'the query has not expired'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_query_step';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.membership_query_check() IS
    'At most 20 a day; two people of the right roles; once, within 24 hours';
CREATE TRIGGER membership_query_check BEFORE INSERT OR UPDATE ON overt.membership_query
    FOR EACH ROW EXECUTE FUNCTION overt.membership_query_check();
CREATE CONSTRAINT TRIGGER membership_query_audited
    AFTER INSERT OR UPDATE ON overt.membership_query DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

GRANT SELECT ON overt.membership_query TO overt_server;
GRANT INSERT (id, request_number, deployment_id, day, asked_by, commitment),
      UPDATE (state, decided_by, commitment, mismatches) ON overt.membership_query TO overt_server;

RESET ROLE;

-- migrate:down

DROP TABLE overt.membership_query;
DROP FUNCTION overt.membership_query_check();
REVOKE DELETE ON overt.principal_role FROM overt_server;
DROP TRIGGER principal_role_revoked ON overt.principal_role;
DROP TRIGGER principal_active_check ON overt.principal;
DROP TRIGGER principal_decided ON overt.principal;
DROP TRIGGER principal_role_decided ON overt.principal_role;
DROP TRIGGER principal_identity_decided ON overt.principal_identity;
DROP FUNCTION overt.principal_role_revoked();
DROP FUNCTION overt.principal_active_check();
DROP FUNCTION overt.require_other_administrator(uuid);
DROP FUNCTION overt.require_people_decision();
DROP FUNCTION overt.is_bootstrap();
DROP FUNCTION overt.people_proposal_check(overt.people_decision);
DROP TABLE overt.people_decision;
DROP FUNCTION overt.people_decision_done();
DROP FUNCTION overt.people_decision_check();
DROP FUNCTION overt.require_administrator(uuid);
DROP FUNCTION overt.holds_role(uuid, text);
DROP FUNCTION overt.lock_people();
DROP TABLE overt.alarm;
DROP FUNCTION overt.alarm_check();
