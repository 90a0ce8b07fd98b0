-- Persons by name.
-- $1 uuid: after this one, or null: from the first  $2 bigint: at most so many
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
  AND ($1::uuid IS NULL
       OR principal.name > (SELECT name FROM overt.principal WHERE id = $1 AND kind = 'person'))
ORDER BY principal.name
LIMIT $2
