-- An alarm.
-- $1 uuid: id
-- row: id, code, raised_at, raised_by, deployment_id, object_id, cleared_at, cleared_by
SELECT id, code, raised_at, raised_by, deployment_id, object_id, cleared_at, cleared_by
FROM overt.alarm
WHERE id = $1
