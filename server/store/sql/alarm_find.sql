-- The open alarm of this kind, about this.
-- $1 text: code  $2 uuid: deployment or null  $3 uuid: object or null
-- row: id, code, raised_at, raised_by, deployment_id, object_id, cleared_at, cleared_by
SELECT id, code, raised_at, raised_by, deployment_id, object_id, cleared_at, cleared_by
FROM overt.alarm
WHERE code = $1 AND deployment_id IS NOT DISTINCT FROM $2::uuid
  AND object_id IS NOT DISTINCT FROM $3::uuid AND cleared_at IS NULL
