-- migrate:up

-- Roles belong to the whole cluster, so they may be there already. None has a password: how each
-- logs in (peer, certificate) is for pg_hba.conf to say.
DO $roles$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN
        SELECT *
        FROM (VALUES
            ('overt_owner', 'NOLOGIN'),
            ('overt_server', 'LOGIN'),
            ('overt_sealer', 'LOGIN'),
            ('overt_oversight', 'LOGIN')
        ) AS role (name, login)
    LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I %s', wanted.name, wanted.login);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;

    IF EXISTS (
        SELECT FROM pg_catalog.pg_roles
        WHERE rolname IN ('overt_owner', 'overt_server', 'overt_sealer', 'overt_oversight')
          AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)
    ) THEN
        RAISE EXCEPTION 'a role overt_* exists with more rights than it may have'
            USING HINT = 'Take SUPERUSER, CREATEROLE, CREATEDB, REPLICATION and BYPASSRLS from it.';
    END IF;

    -- A superuser may act as any role; anybody else has to be a member of the owner.
    IF NOT pg_has_role(current_user, 'overt_owner', 'MEMBER') THEN
        EXECUTE format('GRANT overt_owner TO %I', current_user);
    END IF;
END
$roles$;

-- Nobody gets in, and nobody makes temporary tables, by being PUBLIC.
DO $database$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO overt_server, overt_sealer, overt_oversight',
                   current_database());
END
$database$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

CREATE SCHEMA overt AUTHORIZATION overt_owner;
CREATE SCHEMA watchlist AUTHORIZATION overt_owner;
CREATE SCHEMA audit AUTHORIZATION overt_owner;
COMMENT ON SCHEMA overt IS 'Who may act, under which authority, and what was raised';
COMMENT ON SCHEMA watchlist IS
    'Sealed biometric data, one partition per deployment, destroyed with it';
COMMENT ON SCHEMA audit IS 'All that oversight may see, and nothing else';

GRANT USAGE ON SCHEMA overt, watchlist, audit TO overt_server;
GRANT USAGE ON SCHEMA audit TO overt_sealer, overt_oversight;

-- The server compares the newest version with the one it was built for.
GRANT SELECT ON public.schema_migrations TO overt_server;

ALTER DEFAULT PRIVILEGES FOR ROLE overt_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

SET LOCAL ROLE overt_owner;

CREATE DOMAIN overt.sealed AS bytea
    CONSTRAINT sealed_form CHECK (octet_length(VALUE) >= 29 AND get_byte(VALUE, 0) = 1);
COMMENT ON DOMAIN overt.sealed IS
    'Sealed by the vault: version 1, 12 bytes nonce, ciphertext, 16 bytes tag. Never plain bytes';

CREATE FUNCTION overt.refuse_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'append_only';
END
$body$;
COMMENT ON FUNCTION overt.refuse_change() IS
    'Trigger of append-only tables: refuses UPDATE, DELETE and TRUNCATE, the owner''s too';

RESET ROLE;

-- migrate:down

DROP SCHEMA audit;
DROP SCHEMA watchlist;
DROP FUNCTION overt.refuse_change();
DROP DOMAIN overt.sealed;
DROP SCHEMA overt;
ALTER DEFAULT PRIVILEGES FOR ROLE overt_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
REVOKE SELECT ON public.schema_migrations FROM overt_server;
DO $database$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM overt_server, overt_sealer, overt_oversight',
                   current_database());
    EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO PUBLIC', current_database());
END
$database$;
-- The roles stay: another database of the cluster may use them.
