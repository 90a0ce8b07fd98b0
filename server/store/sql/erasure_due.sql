-- Lists that are due for erasure, or being erased, by the database's clock.
-- row: deployment, due, seconds since then (below 0: begun earlier by command), 1
SELECT deployment.id, coalesce(erasure.due_at, overt.list_due_at(deployment.id)),
       floor(extract(epoch FROM clock_timestamp()
                     - coalesce(erasure.due_at, overt.list_due_at(deployment.id))))::bigint,
       1::bigint
FROM overt.deployment AS deployment
LEFT JOIN overt.list_erasure AS erasure ON erasure.deployment_id = deployment.id
WHERE deployment.state IN ('closed', 'refused', 'cancelled')
  AND (erasure.deployment_id IS NOT NULL
       OR clock_timestamp() >= overt.list_due_at(deployment.id))
ORDER BY 2, 1
