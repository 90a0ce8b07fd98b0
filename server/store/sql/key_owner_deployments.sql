-- Which of these deployments there are, and may have a watchlist key.
-- $1 uuid[]: ids
-- row: id, whether it may have a key
SELECT deployment.id, deployment.state <> 'erased' AND erasure.key_destroyed_at IS NULL
FROM overt.deployment AS deployment
LEFT JOIN overt.list_erasure AS erasure ON erasure.deployment_id = deployment.id
WHERE deployment.id = ANY ($1::uuid[])
