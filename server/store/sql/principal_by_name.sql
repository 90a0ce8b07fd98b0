-- The principal of this name.
-- $1 text: kind  $2 text: name
-- row: id, kind, name, active, roles (comma-separated or null)
SELECT principal.id, principal.kind, principal.name, principal.active,
       (SELECT string_agg(role.role, ',' ORDER BY role.role)
        FROM overt.principal_role AS role
        WHERE role.principal_id = principal.id)
FROM overt.principal AS principal
WHERE principal.kind = $1 AND principal.name = $2
