-- All sites by name.
-- row: id, principal id, name, added at
SELECT id, principal_id, name, added_at
FROM overt.site
ORDER BY name
