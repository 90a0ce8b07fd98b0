-- Raises an alarm, unless the same one is open already.
-- $1 uuid: id  $2 text: code  $3 timestamptz: raised_at  $4 uuid: raised_by or null
-- $5 uuid: deployment or null  $6 uuid: object or null
INSERT INTO overt.alarm (id, code, raised_at, raised_by, deployment_id, object_id)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (code, deployment_id, object_id) WHERE cleared_at IS NULL DO NOTHING
