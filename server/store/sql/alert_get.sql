-- An alert.
-- $1 uuid: id
-- row: id, deployment, feed number, entry, site, run, sequence, camera, track, captured, received
--      and raised at, score, threshold, category, response, crop state, crop score, sealed name,
--      reference, thumbnail, probe and crop (each or null)
SELECT alert.id, alert.deployment_id, alert.feed_number, alert.entry_id, alert.site_id,
       alert.run_id, alert.sequence, alert.camera, alert.track, alert.captured_at,
       alert.received_at, alert.raised_at, alert.score, alert.threshold, alert.category,
       alert.response, alert.crop_state, alert.crop_score, alert.sealed_name,
       alert.sealed_reference, alert.sealed_thumbnail, alert.sealed_probe, alert.sealed_crop
FROM overt.alert AS alert
WHERE alert.id = $1
