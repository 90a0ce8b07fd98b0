-- A site.
-- $1 uuid: its principal
-- row: id, principal id, name, added at
SELECT id, principal_id, name, added_at
FROM overt.site
WHERE principal_id = $1
