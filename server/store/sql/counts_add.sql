-- A camera's minute; the first report of it stands.
-- $1 uuid: deployment  $2 uuid: site  $3 uuid: run  $4 text: camera  $5 timestamptz: minute
-- $6 bigint: faces seen  $7 bigint: probes sent  $8 to $14 bigint: rejected as too small, cut off,
-- turned, too dark, too bright, blurred, over capacity
INSERT INTO audit.minute_count (
    deployment_id, site_id, run_id, camera, minute, faces_seen, probes_sent, rejected_too_small,
    rejected_cut_off, rejected_turned, rejected_too_dark, rejected_too_bright, rejected_blurred,
    rejected_capacity)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT DO NOTHING
