-- Sites by name.
-- $1 uuid: after this one, or null: from the first  $2 bigint: at most so many
-- row: id, principal id, name, added at
SELECT id, principal_id, name, added_at
FROM overt.site
WHERE $1::uuid IS NULL OR name > (SELECT name FROM overt.site WHERE id = $1)
ORDER BY name
LIMIT $2
