-- Alerts that a site has not acknowledged, oldest first.
-- $1 uuid: site  $2 uuid: deployment  $3 bigint: feed numbers above this one
-- $4 bigint: at most so many
-- row: as alert_get, without probe and crop: they are large, and not for a site
SELECT alert.id, alert.deployment_id, alert.feed_number, alert.entry_id, alert.site_id,
       alert.run_id, alert.sequence, alert.camera, alert.track, alert.captured_at,
       alert.received_at, alert.raised_at, alert.score, alert.threshold, alert.category,
       alert.response, alert.crop_state, alert.crop_score, alert.sealed_name,
       alert.sealed_reference, alert.sealed_thumbnail, NULL::bytea, NULL::bytea
FROM overt.alert_delivery AS delivery
JOIN overt.alert AS alert ON alert.id = delivery.alert_id
WHERE delivery.site_id = $1 AND delivery.acked_at IS NULL
  AND alert.deployment_id = $2 AND alert.feed_number > $3
ORDER BY alert.feed_number
LIMIT $4
