-- migrate:up

SET LOCAL ROLE overt_owner;

-- --- requests that were answered -----------------------------------------------------------------

CREATE TABLE overt.request (
    principal_id uuid NOT NULL
        CONSTRAINT request_principal REFERENCES overt.principal (id),
    key_digest bytea NOT NULL
        CONSTRAINT request_key_size CHECK (octet_length(key_digest) = 32),
    route text NOT NULL
        CONSTRAINT request_route CHECK (octet_length(route) BETWEEN 1 AND 200),
    digest bytea NOT NULL
        CONSTRAINT request_digest_size CHECK (octet_length(digest) = 32),
    at timestamptz NOT NULL DEFAULT now(),
    asked_at timestamptz,
    status integer
        CONSTRAINT request_status CHECK (status BETWEEN 200 AND 299),
    answer bytea
        CONSTRAINT request_answer_size CHECK (octet_length(answer) <= 1048576),
    CONSTRAINT request_key PRIMARY KEY (principal_id, key_digest),
    CONSTRAINT request_answer CHECK (answer IS NULL OR status IS NOT NULL)
);
CREATE INDEX request_by_time ON overt.request (at);
ALTER TABLE overt.request ALTER answer SET STORAGE EXTERNAL;
COMMENT ON TABLE overt.request IS
    'Creating requests that were done, for a day: the same one again gets the same answer and does nothing';
COMMENT ON COLUMN overt.request.principal_id IS 'Whose request it was';
COMMENT ON COLUMN overt.request.key_digest IS
    'SHA-256 of the request''s key; the key itself is kept nowhere';
COMMENT ON COLUMN overt.request.route IS 'Method and pattern of the path';
COMMENT ON COLUMN overt.request.digest IS
    'HMAC-SHA-256 of the request under its key: nobody who has only this row can test a guess of what it said';
COMMENT ON COLUMN overt.request.at IS 'When it was done, by the database''s clock';
COMMENT ON COLUMN overt.request.asked_at IS 'When it was last asked for again';
COMMENT ON COLUMN overt.request.status IS 'HTTP status of the answer; null inside the act''s transaction only';
COMMENT ON COLUMN overt.request.answer IS 'The answer''s body; answers to creating requests hold nothing that is sealed';

CREATE FUNCTION overt.request_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    free text[] := ARRAY['status', 'answer', 'asked_at'];
BEGIN
    IF (OLD.status IS NOT NULL AND (NEW.status, NEW.answer) IS DISTINCT FROM (OLD.status, OLD.answer))
       OR to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free THEN
        RAISE EXCEPTION 'a request is answered once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'request_fixed';
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION overt.request_check() IS 'Trigger: an answer does not change';

CREATE FUNCTION overt.request_answered() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF EXISTS (SELECT FROM overt.request
               WHERE principal_id = NEW.principal_id AND key_digest = NEW.key_digest
                 AND status IS NULL) THEN
        RAISE EXCEPTION 'a request is committed with its answer'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'request_unanswered';
    END IF;
    RETURN NULL;
END
$body$;
COMMENT ON FUNCTION overt.request_answered() IS
    'Trigger, at the commit: an act and the answer to who asked for it are one';

CREATE FUNCTION overt.prune_requests() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
    WITH gone AS (DELETE FROM overt.request WHERE at < now() - interval '24 hours' RETURNING 1)
    SELECT count(*) FROM gone
$body$;
COMMENT ON FUNCTION overt.prune_requests() IS
    'Deletes answers older than a day; how many. The server deletes no others';
REVOKE ALL ON FUNCTION overt.prune_requests() FROM PUBLIC;

CREATE TRIGGER request_check BEFORE UPDATE ON overt.request
    FOR EACH ROW EXECUTE FUNCTION overt.request_check();
CREATE CONSTRAINT TRIGGER request_answered
    AFTER INSERT ON overt.request DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION overt.request_answered();

GRANT SELECT, INSERT (principal_id, key_digest, route, digest),
    UPDATE (status, answer, asked_at) ON overt.request TO overt_server;
GRANT EXECUTE ON FUNCTION overt.prune_requests() TO overt_server;

RESET ROLE;

-- migrate:down

DROP FUNCTION overt.prune_requests();
DROP TABLE overt.request;
DROP FUNCTION overt.request_answered();
DROP FUNCTION overt.request_check();
