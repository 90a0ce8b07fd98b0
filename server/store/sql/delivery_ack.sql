-- A site has an alert.
-- $1 uuid: alert  $2 uuid: site  $3 timestamptz: when
-- row, if there is such a delivery: whether this was the first time, the alert's deployment
WITH acked AS (
    UPDATE overt.alert_delivery
    SET acked_at = $3
    WHERE alert_id = $1 AND site_id = $2 AND acked_at IS NULL
    RETURNING alert_id
)
SELECT EXISTS (SELECT FROM acked), alert.deployment_id
FROM overt.alert_delivery AS delivery
JOIN overt.alert AS alert ON alert.id = delivery.alert_id
WHERE delivery.alert_id = $1 AND delivery.site_id = $2
