-- Alarms, newest first.
-- $1 bool: cleared ones too  $2 bigint: how many at most
-- $3 uuid: after this one, or null: from the newest
-- row: id, code, raised_at, raised_by, deployment_id, object_id, cleared_at, cleared_by
SELECT id, code, raised_at, raised_by, deployment_id, object_id, cleared_at, cleared_by
FROM overt.alarm
WHERE ($1 OR cleared_at IS NULL)
  AND ($3::uuid IS NULL
       OR (raised_at, id) < (SELECT raised_at, id FROM overt.alarm WHERE id = $3))
ORDER BY raised_at DESC, id DESC
LIMIT $2
