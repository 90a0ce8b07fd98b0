-- The principal behind a certificate's URI.
-- $1 text: uri
-- row: id, kind, name, active, roles (comma-separated or null)
SELECT principal.id, principal.kind, principal.name, principal.active,
       (SELECT string_agg(role.role, ',' ORDER BY role.role)
        FROM overt.principal_role AS role
        WHERE role.principal_id = principal.id)
FROM overt.principal_identity AS identity
JOIN overt.principal AS principal ON principal.id = identity.principal_id
WHERE identity.uri = $1
