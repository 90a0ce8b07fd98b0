-- Locks due alerts of a deployment, but for those that somebody else has locked.
-- $1 uuid: deployment  $2 bigint: at most so many
-- row: alert, when it was to be erased
SELECT id, erase_at
FROM overt.alert
WHERE deployment_id = $1 AND overt.alert_is_due(id)
ORDER BY id
LIMIT $2
FOR UPDATE SKIP LOCKED
