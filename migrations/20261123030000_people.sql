-- migrate:up

SET LOCAL ROLE overt_owner;

CREATE TABLE overt.principal (
    id uuid CONSTRAINT principal_key PRIMARY KEY,
    kind text NOT NULL CONSTRAINT principal_kind CHECK (kind IN ('person', 'site')),
    name text NOT NULL CONSTRAINT principal_name CHECK (name ~ '^[a-z0-9-]{1,64}$'),
    active boolean NOT NULL DEFAULT true,
    added_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT principal_name_unique UNIQUE (kind, name),
    CONSTRAINT principal_id_kind UNIQUE (id, kind)
);
COMMENT ON TABLE overt.principal IS
    'Natural persons and sites: whoever a certificate may stand for. Never deleted';
COMMENT ON COLUMN overt.principal.id IS 'Random';
COMMENT ON COLUMN overt.principal.kind IS 'person or site';
COMMENT ON COLUMN overt.principal.name IS
    'The NAME of its first identity: a staff id or a site''s name, never a person''s name';
COMMENT ON COLUMN overt.principal.active IS 'Switched off means: every certificate of it is refused';
COMMENT ON COLUMN overt.principal.added_at IS 'When it was added';

CREATE TABLE overt.principal_role (
    principal_id uuid NOT NULL,
    role text NOT NULL CONSTRAINT principal_role_name CHECK (role IN (
        'administrator', 'applicant', 'watchlist_manager', 'authorising_officer',
        'higher_authority', 'deployment_lead', 'adjudicator', 'engagement_officer', 'site',
        'data_protection', 'oversight')),
    kind text NOT NULL GENERATED ALWAYS AS (
        CASE WHEN role = 'site' THEN 'site' ELSE 'person' END) STORED,
    CONSTRAINT principal_role_key PRIMARY KEY (principal_id, role),
    CONSTRAINT principal_role_principal FOREIGN KEY (principal_id, kind)
        REFERENCES overt.principal (id, kind)
);
COMMENT ON TABLE overt.principal_role IS 'What a principal may do; it may hold several roles';
COMMENT ON COLUMN overt.principal_role.principal_id IS 'Whose role';
COMMENT ON COLUMN overt.principal_role.role IS 'The role''s name';
COMMENT ON COLUMN overt.principal_role.kind IS 'The kind of principal that may hold this role';

CREATE TABLE overt.principal_identity (
    uri text CONSTRAINT principal_identity_key PRIMARY KEY
        CONSTRAINT principal_identity_uri CHECK (uri ~ '^overt://(person|site)/[a-z0-9-]{1,64}$'),
    principal_id uuid NOT NULL,
    kind text NOT NULL GENERATED ALWAYS AS (split_part(uri, '/', 3)) STORED,
    added_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT principal_identity_principal FOREIGN KEY (principal_id, kind)
        REFERENCES overt.principal (id, kind)
);
CREATE INDEX principal_identity_by_principal ON overt.principal_identity (principal_id);
COMMENT ON TABLE overt.principal_identity IS
    'Certificates'' SAN URIs and the principal behind each: several may be the same person';
COMMENT ON COLUMN overt.principal_identity.uri IS 'overt://person/NAME or overt://site/NAME';
COMMENT ON COLUMN overt.principal_identity.principal_id IS 'Who it stands for';
COMMENT ON COLUMN overt.principal_identity.kind IS 'The kind the URI speaks of';
COMMENT ON COLUMN overt.principal_identity.added_at IS 'When it was added';

CREATE TABLE overt.site (
    id uuid CONSTRAINT site_key PRIMARY KEY,
    principal_id uuid NOT NULL CONSTRAINT site_principal_unique UNIQUE,
    kind text NOT NULL DEFAULT 'site' CONSTRAINT site_kind CHECK (kind = 'site'),
    name text NOT NULL CONSTRAINT site_name_unique UNIQUE
        CONSTRAINT site_name CHECK (octet_length(name) BETWEEN 1 AND 64),
    added_at timestamptz NOT NULL,
    CONSTRAINT site_principal FOREIGN KEY (principal_id, kind)
        REFERENCES overt.principal (id, kind)
);
COMMENT ON TABLE overt.site IS 'Places that send probes. Never deleted';
COMMENT ON COLUMN overt.site.id IS 'Random';
COMMENT ON COLUMN overt.site.principal_id IS 'The principal its capture clients log in as';
COMMENT ON COLUMN overt.site.kind IS 'Always site: a person is not a place';
COMMENT ON COLUMN overt.site.name IS 'Name shown to people';
COMMENT ON COLUMN overt.site.added_at IS 'When it was added';

CREATE FUNCTION overt.require_person(person_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF NOT EXISTS (SELECT FROM overt.principal
                   WHERE id = person_id AND kind = 'person' AND active) THEN
        RAISE EXCEPTION 'whoever decides has to be an active person'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'person_required';
    END IF;
END
$body$;
COMMENT ON FUNCTION overt.require_person(uuid) IS 'Fails unless this is an active person';

CREATE CONSTRAINT TRIGGER principal_audited
    AFTER INSERT OR UPDATE ON overt.principal DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();
CREATE CONSTRAINT TRIGGER principal_role_audited
    AFTER INSERT OR UPDATE OR DELETE ON overt.principal_role DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();
CREATE CONSTRAINT TRIGGER principal_identity_audited
    AFTER INSERT OR UPDATE OR DELETE ON overt.principal_identity DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();
CREATE CONSTRAINT TRIGGER site_audited
    AFTER INSERT OR UPDATE ON overt.site DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_event();

GRANT SELECT, INSERT ON overt.principal, overt.principal_role, overt.principal_identity, overt.site
    TO overt_server;
GRANT UPDATE (active) ON overt.principal TO overt_server;

RESET ROLE;

-- migrate:down

DROP FUNCTION overt.require_person(uuid);
DROP TABLE overt.site;
DROP TABLE overt.principal_identity;
DROP TABLE overt.principal_role;
DROP TABLE overt.principal;
