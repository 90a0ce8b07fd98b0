-- Deployments with alerts that are due for erasure, by the database's clock.
-- row: deployment, the earliest due, seconds since then, number of alerts
SELECT deployment_id, min(erase_at),
       floor(extract(epoch FROM clock_timestamp() - min(erase_at)))::bigint, count(*)
FROM overt.alert
WHERE overt.alert_is_due(id)
GROUP BY deployment_id
ORDER BY 2, 1
