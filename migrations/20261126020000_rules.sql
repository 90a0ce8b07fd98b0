-- migrate:up

SET LOCAL ROLE overt_owner;

-- --- authority -----------------------------------------------------------------------------------

CREATE FUNCTION overt.deployment_check_authority() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    officer uuid := CASE NEW.authority WHEN 'oral' THEN NEW.oral_by ELSE NEW.authorised_by END;
BEGIN
    IF NEW.authority = 'written' AND NEW.authorised_by = NEW.recorded_by THEN
        RAISE EXCEPTION 'who recorded the oral authorisation does not give the written one'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_recorder';
    END IF;
    -- Whatever is flagged needs it, under every version of the policy.
    IF cardinality(NEW.flags) > 0 AND NOT overt.holds_role(officer, 'higher_authority') THEN
        RAISE EXCEPTION 'what is flagged % is authorised by the higher authority', NEW.flags
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deployment_higher_authority';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.deployment_check_authority() IS
    'Trigger: who recorded an oral authorisation gives no written one; what is flagged takes the higher authority';
CREATE TRIGGER deployment_6_authority BEFORE UPDATE ON overt.deployment
    FOR EACH ROW WHEN (NEW.authority IS DISTINCT FROM OLD.authority)
    EXECUTE FUNCTION overt.deployment_check_authority();

-- After alert_new, which has locked the deployment's row. What was put in writing in time goes on;
-- what was not is refused by the database's clock too: all of it is due for erasure anyway.
CREATE FUNCTION overt.alert_check_written() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF EXISTS (SELECT FROM overt.deployment
               WHERE id = NEW.deployment_id AND authority = 'oral'
                 AND written_due_at <= greatest(NEW.received_at, clock_timestamp())) THEN
        RAISE EXCEPTION 'the written authorisation has not come in time'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alert_urgent_lapsed';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.alert_check_written() IS
    'Trigger: an oral authorisation is none any more when the written one has not come in time';
CREATE TRIGGER alert_new_written BEFORE INSERT ON overt.alert
    FOR EACH ROW EXECUTE FUNCTION overt.alert_check_written();

-- --- zones ---------------------------------------------------------------------------------------

-- Polygons as in common/face/zone.c, which says why: corners are doubled, so that the middle of two
-- is a point too; products stay below 2^31.
CREATE FUNCTION overt.zone_edges(zone integer[])
    RETURNS TABLE (ax integer, ay integer, bx integer, by integer)
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $body$
    WITH whole AS (
        SELECT CASE WHEN cardinality(zone) = 0
                    THEN ARRAY[0, 0, 10000, 0, 10000, 10000, 0, 10000] ELSE zone END AS c),
    corner AS (
        SELECT i, cardinality(c) / 2 AS n, 2 * c[2 * i - 1] AS x, 2 * c[2 * i] AS y
        FROM whole, generate_series(1, cardinality(c) / 2) AS i)
    SELECT a.x, a.y, b.x, b.y FROM corner AS a JOIN corner AS b ON b.i = a.i % a.n + 1
$body$;
COMMENT ON FUNCTION overt.zone_edges(integer[]) IS
    'The edges of a zone, doubled; of an empty one: of the whole picture';

CREATE FUNCTION overt.zone_side(
    ax integer, ay integer, bx integer, by integer, cx integer, cy integer) RETURNS integer
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax))::integer
$body$;
COMMENT ON FUNCTION overt.zone_side(integer, integer, integer, integer, integer, integer) IS
    '1, -1 or 0: c is on one side of the line from a to b, on the other, or on it';

CREATE FUNCTION overt.zone_on_edge(
    ax integer, ay integer, bx integer, by integer, cx integer, cy integer) RETURNS boolean
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT overt.zone_side(ax, ay, bx, by, cx, cy) = 0
       AND cx BETWEEN SYMMETRIC ax AND bx AND cy BETWEEN SYMMETRIC ay AND by
$body$;
COMMENT ON FUNCTION overt.zone_on_edge(integer, integer, integer, integer, integer, integer) IS
    'Whether c is on the edge from a to b';

CREATE FUNCTION overt.zone_holds(zone integer[], x integer, y integer) RETURNS boolean
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT bool_or(overt.zone_on_edge(ax, ay, bx, by, x, y))
        OR count(*) FILTER (
               WHERE (ay > y) <> (by > y)
                 AND overt.zone_side(ax, ay, bx, by, x, y) = CASE WHEN by > ay THEN 1 ELSE -1 END)
           % 2 = 1
    FROM overt.zone_edges(zone)
$body$;
COMMENT ON FUNCTION overt.zone_holds(integer[], integer, integer) IS
    'Whether a doubled point is in the zone or on its edge: a ray to the right passes an odd number of edges';

CREATE FUNCTION overt.zone_within(inner_zone integer[], outer_zone integer[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $body$
    WITH edge AS MATERIALIZED (
        SELECT row_number() OVER () AS id, e.* FROM overt.zone_edges(inner_zone) AS e),
    limits AS MATERIALIZED (
        SELECT o.ax AS cx, o.ay AS cy, o.bx AS dx, o.by AS dy
        FROM overt.zone_edges(outer_zone) AS o),
    -- Where an edge touches corners of the outer zone it may leave between them: each piece is
    -- tried by its middle.
    cut AS (
        SELECT id, ax AS x, ay AS y, 0 AS along FROM edge
        UNION ALL
        SELECT id, bx, by, (bx - ax) * (bx - ax) + (by - ay) * (by - ay) FROM edge
        UNION ALL
        SELECT id, cx, cy, (bx - ax) * (cx - ax) + (by - ay) * (cy - ay)
        FROM edge JOIN limits ON overt.zone_on_edge(ax, ay, bx, by, cx, cy)),
    piece AS (
        SELECT x, y, lead(x) OVER following AS to_x, lead(y) OVER following AS to_y
        FROM cut WINDOW following AS (PARTITION BY id ORDER BY along))
    SELECT NOT EXISTS (SELECT FROM edge WHERE NOT overt.zone_holds(outer_zone, ax, ay))
       AND NOT EXISTS (
           SELECT FROM edge CROSS JOIN limits
           WHERE overt.zone_side(ax, ay, bx, by, cx, cy)
                 * overt.zone_side(ax, ay, bx, by, dx, dy) < 0
             AND overt.zone_side(cx, cy, dx, dy, ax, ay)
                 * overt.zone_side(cx, cy, dx, dy, bx, by) < 0)
       AND NOT EXISTS (
           SELECT FROM piece
           WHERE to_x IS NOT NULL
             AND NOT overt.zone_holds(outer_zone, (x + to_x) / 2, (y + to_y) / 2))
$body$;
COMMENT ON FUNCTION overt.zone_within(integer[], integer[]) IS
    'Whether a zone lies in another one, edges included: as ov_zone_is_within has it';

CREATE OR REPLACE FUNCTION overt.cameras_narrowed(of_deployment uuid, by_change uuid)
    RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    SELECT NOT EXISTS (SELECT FROM overt.cameras_in_force(of_deployment))
        OR (EXISTS (SELECT FROM overt.settings_camera WHERE change_id = by_change)
            AND NOT EXISTS (
                SELECT FROM overt.settings_camera AS named
                LEFT JOIN overt.cameras_in_force(of_deployment) AS was
                       ON was.site_id = named.site_id AND was.camera = named.camera
                WHERE named.change_id = by_change
                  AND (was.camera IS NULL OR NOT overt.zone_within(named.zone, was.zone))))
$body$;
COMMENT ON FUNCTION overt.cameras_narrowed(uuid, uuid) IS
    'Whether a change names no camera that the settings in force do not, and no zone wider than theirs';

-- Which cameras are in force is told by the digest of the settings and by the order of the changes:
-- a change makes other settings than there were, and none takes the place of another unseen.
CREATE FUNCTION overt.settings_change_check_order() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF NEW.settings_digest = NEW.base_digest THEN
        RAISE EXCEPTION 'these are the settings that are in force'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settings_same';
    END IF;
    IF NEW.state = 'in_force' AND EXISTS (
        SELECT FROM overt.settings_change AS other
        WHERE other.deployment_id = NEW.deployment_id AND other.id <> NEW.id
          AND other.state = 'in_force'
          AND coalesce(other.decided_at, other.proposed_at)
              = coalesce(NEW.decided_at, NEW.proposed_at)) THEN
        RAISE EXCEPTION 'another change has the same time'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settings_stale';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.settings_change_check_order() IS
    'Trigger: a change changes something, and which one came last is never in doubt';
CREATE TRIGGER settings_change_order BEFORE INSERT OR UPDATE ON overt.settings_change
    FOR EACH ROW EXECUTE FUNCTION overt.settings_change_check_order();

CREATE FUNCTION overt.settings_camera_check_time() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF EXISTS (SELECT FROM overt.settings_change AS change
               JOIN overt.deployment AS deployment ON deployment.id = change.deployment_id
               WHERE change.id = NEW.change_id
                 AND deployment.settings_digest = change.settings_digest) THEN
        RAISE EXCEPTION 'the cameras of a change are named before it is in force'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settings_fixed';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.settings_camera_check_time() IS
    'Trigger: what comes into force is what was compared';
CREATE TRIGGER settings_camera_time BEFORE INSERT ON overt.settings_camera
    FOR EACH ROW EXECUTE FUNCTION overt.settings_camera_check_time();

-- --- who is listed, and who approves it ----------------------------------------------------------

-- After entry_check, which knows the steps.
CREATE FUNCTION watchlist.entry_check_authority() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    authority record;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT deployment.kind, array_agg(named.category) FILTER (
                   WHERE named.category IS NOT NULL) AS categories
        INTO authority
        FROM overt.deployment AS deployment
        LEFT JOIN overt.deployment_category AS named ON named.deployment_id = deployment.id
        WHERE deployment.id = NEW.deployment_id
        GROUP BY deployment.kind;
        -- An exercise that names none takes any.
        IF NEW.category <> 'blue_list'
           AND (authority.kind = 'operational' OR authority.categories IS NOT NULL)
           AND (NEW.category = ANY (authority.categories)) IS NOT TRUE THEN
            RAISE EXCEPTION 'the application does not name the category %', NEW.category
                USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_category_applied';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state = 'approved' THEN
        -- A review and an approval take turns, so that a review has seen what came before it.
        PERFORM FROM overt.deployment WHERE id = NEW.deployment_id FOR SHARE;
        NEW.approved_at := clock_timestamp();
        IF NEW.under_18 THEN
            PERFORM overt.require_role(NEW.approved_by, 'higher_authority');
        ELSE
            PERFORM overt.require_role(NEW.approved_by, 'watchlist_manager', 'authorising_officer');
        END IF;
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION watchlist.entry_check_authority() IS
    'Trigger: categories that were applied for; approved by who may, at a time of the database''s clock';
CREATE TRIGGER entry_check_authority BEFORE INSERT OR UPDATE ON watchlist.entry
    FOR EACH ROW EXECUTE FUNCTION watchlist.entry_check_authority();

CREATE FUNCTION watchlist.round_check_authority() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    PERFORM overt.require_role(NEW.drawn_by, 'watchlist_manager', 'authorising_officer');
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION watchlist.round_check_authority() IS 'Trigger: who draws and approves a round';
CREATE TRIGGER round_check_authority BEFORE INSERT OR UPDATE ON watchlist.round
    FOR EACH ROW EXECUTE FUNCTION watchlist.round_check_authority();

CREATE FUNCTION watchlist.image_check_authority() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    PERFORM overt.require_role(NEW.decided_by, 'watchlist_manager', 'authorising_officer',
                               'higher_authority');
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION watchlist.image_check_authority() IS 'Trigger: who decides on a pending image';
CREATE TRIGGER image_check_authority BEFORE UPDATE ON watchlist.image
    FOR EACH ROW EXECUTE FUNCTION watchlist.image_check_authority();

CREATE OR REPLACE FUNCTION overt.watchlist_review_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    -- Approvals wait: what is approved later is later by the clock as well.
    PERFORM FROM overt.deployment WHERE id = NEW.deployment_id FOR NO KEY UPDATE;
    PERFORM overt.require_role(NEW.reviewed_by, 'watchlist_manager', 'authorising_officer');
    NEW.reviewed_at := clock_timestamp();
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.watchlist_review_check() IS
    'Trigger: who reviews; at a time of the database''s clock';

-- --- evidence ------------------------------------------------------------------------------------

CREATE FUNCTION overt.evidence_term_check_authority() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM overt.require_role(NEW.proposed_by, 'authorising_officer');
    ELSE
        PERFORM overt.require_role(NEW.confirmed_by, 'authorising_officer', 'higher_authority',
                                   'data_protection');
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.evidence_term_check_authority() IS
    'Trigger: an authorising officer proposes to keep an alert, and who else confirms';
CREATE TRIGGER evidence_term_check_authority BEFORE INSERT OR UPDATE ON overt.evidence_term
    FOR EACH ROW EXECUTE FUNCTION overt.evidence_term_check_authority();

-- --- going live ----------------------------------------------------------------------------------

CREATE FUNCTION overt.deployment_check_review() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    reviewed timestamptz := (SELECT max(reviewed_at) FROM overt.watchlist_review
                             WHERE deployment_id = NEW.id);
    within_h integer := coalesce((SELECT review_max_h FROM overt.policy
                                  WHERE version = NEW.policy_version), 24);
BEGIN
    IF reviewed IS NULL OR reviewed < clock_timestamp() - make_interval(hours => within_h)
       OR EXISTS (SELECT FROM watchlist.entry
                  WHERE deployment_id = NEW.id AND state = 'approved'
                    AND approved_at > reviewed) THEN
        RAISE EXCEPTION 'the list has not been reviewed within % h, or not after its last approval',
                        within_h
            USING ERRCODE = 'check_violation', CONSTRAINT = 'watchlist_not_reviewed';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.deployment_check_review() IS
    'Trigger: a list is reviewed before its deployment goes live, after the last approval';
CREATE TRIGGER deployment_7_review BEFORE UPDATE OF state ON overt.deployment
    FOR EACH ROW WHEN (NEW.state = 'live' AND OLD.state = 'authorised')
    EXECUTE FUNCTION overt.deployment_check_review();

CREATE FUNCTION overt.deployment_check_notice() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF NOT EXISTS (
        SELECT FROM overt.deployment_notice AS notice
        JOIN audit.document AS application ON application.digest = NEW.application_digest
        WHERE notice.deployment_id = NEW.id AND notice.revision = NEW.revision
          AND encode(notice.page_digest, 'hex')
              = convert_from(application.body, 'UTF8')::jsonb ->> 'notice_page'
          AND (EXISTS (SELECT FROM overt.notice_publication
                       WHERE deployment_id = NEW.id AND notice_digest = notice.page_digest)
               OR EXISTS (SELECT FROM overt.notice_waiver WHERE deployment_id = NEW.id))) THEN
        RAISE EXCEPTION 'the notice that was applied for is neither published nor waived'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'notice_missing';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.deployment_check_notice() IS
    'Trigger: an operational deployment is live when the notice in its application is published, or was waived';
CREATE TRIGGER deployment_7_notice BEFORE UPDATE OF state ON overt.deployment
    FOR EACH ROW WHEN (NEW.state = 'live' AND OLD.state = 'authorised'
                       AND NEW.kind = 'operational')
    EXECUTE FUNCTION overt.deployment_check_notice();

-- That they have been heard of within the heartbeat is for the server to judge: it writes when.
CREATE FUNCTION overt.deployment_check_attended() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF EXISTS (SELECT unnest(ARRAY['adjudicator', 'engagement_officer'])
               EXCEPT
               SELECT role FROM overt.duty
               WHERE deployment_id = NEW.id AND until IS NULL
                 AND overt.holds_role(person_id, role)) THEN
        RAISE EXCEPTION 'an adjudicator and an engagement officer are on duty, or nothing is live'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'duty_missing';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.deployment_check_attended() IS
    'Trigger: nothing goes live, or on after a pause, with nobody on duty';
CREATE TRIGGER deployment_7_attended BEFORE UPDATE OF state ON overt.deployment
    FOR EACH ROW WHEN (NEW.state = 'live' AND OLD.state <> 'live')
    EXECUTE FUNCTION overt.deployment_check_attended();

-- --- who watches ---------------------------------------------------------------------------------

-- Open, and by somebody's act: the same person does not clear it.
CREATE FUNCTION overt.require_oversight_alarm() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    wanted text;
    person uuid;
BEGIN
    IF TG_TABLE_NAME = 'principal' THEN
        wanted := 'oversight.suspended';
        person := NEW.id;
        IF NOT EXISTS (SELECT FROM overt.principal_role
                       WHERE principal_id = person AND role = 'oversight') THEN
            RETURN NULL;
        END IF;
    ELSE
        wanted := 'oversight.revoked';
        person := OLD.principal_id;
    END IF;
    IF NOT EXISTS (SELECT FROM overt.alarm
                   WHERE code = wanted AND object_id = person AND cleared_at IS NULL
                     AND raised_by IS NOT NULL) THEN
        RAISE EXCEPTION 'taking oversight away raises an alarm'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'oversight_alarm';
    END IF;
    RETURN NULL;
END
$body$;
COMMENT ON FUNCTION overt.require_oversight_alarm() IS
    'Deferred to the commit: who watches is not suspended, nor loses the role, without an alarm';
CREATE CONSTRAINT TRIGGER principal_oversight_alarm
    AFTER UPDATE ON overt.principal DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.active AND NOT NEW.active)
    EXECUTE FUNCTION overt.require_oversight_alarm();
CREATE CONSTRAINT TRIGGER principal_role_oversight_alarm
    AFTER DELETE ON overt.principal_role DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.role = 'oversight')
    EXECUTE FUNCTION overt.require_oversight_alarm();

RESET ROLE;

-- migrate:down

SET LOCAL ROLE overt_owner;
DROP TRIGGER principal_role_oversight_alarm ON overt.principal_role;
DROP TRIGGER principal_oversight_alarm ON overt.principal;
DROP FUNCTION overt.require_oversight_alarm();
DROP TRIGGER deployment_7_attended ON overt.deployment;
DROP FUNCTION overt.deployment_check_attended();
DROP TRIGGER deployment_7_notice ON overt.deployment;
DROP FUNCTION overt.deployment_check_notice();
DROP TRIGGER deployment_7_review ON overt.deployment;
DROP FUNCTION overt.deployment_check_review();
DROP TRIGGER evidence_term_check_authority ON overt.evidence_term;
DROP FUNCTION overt.evidence_term_check_authority();
CREATE OR REPLACE FUNCTION overt.watchlist_review_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    PERFORM overt.require_person(NEW.reviewed_by);
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.watchlist_review_check() IS 'Trigger: a person reviews';
DROP TRIGGER image_check_authority ON watchlist.image;
DROP FUNCTION watchlist.image_check_authority();
DROP TRIGGER round_check_authority ON watchlist.round;
DROP FUNCTION watchlist.round_check_authority();
DROP TRIGGER entry_check_authority ON watchlist.entry;
DROP FUNCTION watchlist.entry_check_authority();
DROP TRIGGER settings_camera_time ON overt.settings_camera;
DROP FUNCTION overt.settings_camera_check_time();
DROP TRIGGER settings_change_order ON overt.settings_change;
DROP FUNCTION overt.settings_change_check_order();
CREATE OR REPLACE FUNCTION overt.cameras_narrowed(of_deployment uuid, by_change uuid)
    RETURNS boolean
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
DROP FUNCTION overt.zone_within(integer[], integer[]);
DROP FUNCTION overt.zone_holds(integer[], integer, integer);
DROP FUNCTION overt.zone_on_edge(integer, integer, integer, integer, integer, integer);
DROP FUNCTION overt.zone_side(integer, integer, integer, integer, integer, integer);
DROP FUNCTION overt.zone_edges(integer[]);
DROP TRIGGER alert_new_written ON overt.alert;
DROP FUNCTION overt.alert_check_written();
DROP TRIGGER deployment_6_authority ON overt.deployment;
DROP FUNCTION overt.deployment_check_authority();
RESET ROLE;
