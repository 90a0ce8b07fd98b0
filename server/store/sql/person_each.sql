-- All persons, by name.
-- row: id, kind, name, active, roles (comma-separated or null), added_at,
--      identities (with blanks between them)
SELECT principal.id, principal.kind, principal.name, principal.active,
       (SELECT string_agg(role.role, ',' ORDER BY role.role)
        FROM overt.principal_role AS role
        WHERE role.principal_id = principal.id),
       principal.added_at,
       (SELECT string_agg(identity.uri, ' ' ORDER BY identity.added_at, identity.uri)
        FROM overt.principal_identity AS identity
        WHERE identity.principal_id = principal.id)
FROM overt.principal AS principal
WHERE principal.kind = 'person'
ORDER BY principal.name
