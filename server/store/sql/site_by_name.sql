-- A site.
-- $1 text: name
-- row: id, principal id, name, added at
SELECT id, principal_id, name, added_at
FROM overt.site
WHERE name = $1
