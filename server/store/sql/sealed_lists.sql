-- Deployments with a list that has entries and is not being erased.
-- row: deployment
SELECT deployment.id
FROM overt.deployment AS deployment
WHERE deployment.state <> 'erased'
  AND NOT EXISTS (SELECT FROM overt.list_erasure AS erasure
                  WHERE erasure.deployment_id = deployment.id)
  AND EXISTS (SELECT FROM watchlist.entry AS entry WHERE entry.deployment_id = deployment.id)
