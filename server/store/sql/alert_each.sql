-- A deployment's alerts after a feed number, in order.
-- $1 uuid: deployment  $2 bigint: after  $3 bigint: at most so many
-- row: as alert_get, without the crop
SELECT alert.id, alert.deployment_id, alert.feed_number, alert.entry_id, alert.site_id,
       alert.run_id, alert.sequence, alert.camera, alert.track, alert.captured_at,
       alert.received_at, alert.raised_at, alert.score, alert.threshold, alert.category,
       alert.response, alert.crop_state, alert.crop_score, alert.sealed_name,
       alert.sealed_reference, alert.sealed_thumbnail, alert.sealed_probe, NULL::bytea
FROM overt.alert AS alert
WHERE alert.deployment_id = $1 AND alert.feed_number > $2
ORDER BY alert.feed_number
LIMIT $3
