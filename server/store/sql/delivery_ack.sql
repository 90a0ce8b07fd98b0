-- A site has an alert.
-- $1 uuid: alert  $2 uuid: site  $3 timestamptz: when
-- row: whether this was the first time, whether there is such a delivery
WITH acked AS (
    UPDATE overt.alert_delivery
    SET acked_at = $3
    WHERE alert_id = $1 AND site_id = $2 AND acked_at IS NULL
    RETURNING alert_id
)
SELECT EXISTS (SELECT FROM acked),
       EXISTS (SELECT FROM overt.alert_delivery WHERE alert_id = $1 AND site_id = $2)
