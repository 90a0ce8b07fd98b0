-- migrate:up

SET LOCAL ROLE overt_owner;

CREATE TABLE audit.document (
    digest bytea
        CONSTRAINT document_key PRIMARY KEY
        CONSTRAINT document_digest CHECK (digest = sha256(body)),
    kind text NOT NULL
        CONSTRAINT document_kind CHECK (kind ~ '^[a-z_.]{1,40}$'),
    deployment_id uuid,
    body bytea NOT NULL
        CONSTRAINT document_size CHECK (octet_length(body) BETWEEN 2 AND 262144),
    written_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX document_by_deployment ON audit.document (deployment_id, kind);
COMMENT ON TABLE audit.document IS
    'What was signed or has to stay readable, byte for byte: applications, reasons, settings. Append-only';
COMMENT ON COLUMN audit.document.digest IS 'SHA-256 of the body: what events and signatures name';
COMMENT ON COLUMN audit.document.kind IS 'What it is; the same as in the body';
COMMENT ON COLUMN audit.document.deployment_id IS
    'The deployment it is about, the same as in the body; empty for a document of the installation';
COMMENT ON COLUMN audit.document.body IS
    'Canonical JSON: see server/audit/README.md. The one place of free text about a deployment';
COMMENT ON COLUMN audit.document.written_at IS 'When, by the database''s clock';

CREATE TRIGGER document_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.document
    FOR EACH STATEMENT EXECUTE FUNCTION overt.refuse_change();
ALTER TABLE audit.document ENABLE ALWAYS TRIGGER document_append_only;
CREATE CONSTRAINT TRIGGER document_audited
    AFTER INSERT ON audit.document DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

CREATE FUNCTION audit.write_document(
    document_digest bytea, document_kind text, document_deployment uuid, document_body bytea)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    parsed jsonb := convert_from(document_body, 'UTF8')::jsonb;
BEGIN
    IF jsonb_typeof(parsed) IS DISTINCT FROM 'object'
       OR parsed -> 'v' IS DISTINCT FROM to_jsonb(1)
       OR parsed ->> 'kind' IS DISTINCT FROM document_kind
       OR parsed ->> 'deployment' IS DISTINCT FROM document_deployment::text
    THEN
        RAISE EXCEPTION 'the body is not that of such a document'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'document_body';
    END IF;
    -- The same bytes again are the same document.
    INSERT INTO audit.document (digest, kind, deployment_id, body)
    VALUES (document_digest, document_kind, document_deployment, document_body)
    ON CONFLICT ON CONSTRAINT document_key DO NOTHING;
END
$body$;
COMMENT ON FUNCTION audit.write_document(bytea, text, uuid, bytea) IS
    'The one way to write a document: in the transaction of the act that it belongs to';

GRANT EXECUTE ON FUNCTION audit.write_document(bytea, text, uuid, bytea) TO overt_server;
GRANT SELECT ON audit.document TO overt_server, overt_sealer, overt_oversight;

RESET ROLE;

-- migrate:down

DO $guard$
BEGIN
    IF EXISTS (SELECT FROM audit.document) THEN
        RAISE EXCEPTION 'audit.document holds documents: the schema is not taken down'
            USING HINT = 'To begin anew, make a new database.';
    END IF;
END
$guard$;
DROP FUNCTION audit.write_document(bytea, text, uuid, bytea);
DROP TABLE audit.document;
