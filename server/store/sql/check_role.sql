-- Whether this session's role is one the server may run as: it owns nothing anywhere in the
-- cluster, has no power of its own, is no member of the owner, and can make nothing here.
-- row: role name, fit
SELECT
    role.rolname::text,
    session_user = current_user
    AND NOT (role.rolsuper OR role.rolcreaterole OR role.rolcreatedb OR role.rolreplication
             OR role.rolbypassrls)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_shdepend AS owned
        WHERE owned.refclassid = 'pg_catalog.pg_authid'::regclass
          AND owned.refobjid = role.oid
          AND owned.deptype = 'o')
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_roles AS other
        WHERE other.oid <> role.oid
          AND (other.rolsuper OR other.rolname = 'overt_owner')
          AND pg_catalog.pg_has_role(role.oid, other.oid, 'MEMBER'))
    AND NOT pg_catalog.has_database_privilege(current_database(), 'CREATE')
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_namespace AS schema
        WHERE schema.nspname IN ('public', 'overt', 'watchlist', 'audit')
          AND pg_catalog.has_schema_privilege(schema.oid, 'CREATE'))
FROM pg_catalog.pg_roles AS role
WHERE role.rolname = current_user
