-- Adds an alert; triggers check the authority, number it, queue it for its site and notify.
-- $1 uuid: id  $2 uuid: deployment  $3 uuid: entry  $4 uuid: site  $5 uuid: run
-- $6 bigint: sequence  $7 text: camera  $8 bigint: track  $9, $10, $11 timestamptz: captured,
-- received, raised  $12 real: score  $13 real: threshold  $14 text: category  $15 text: response
-- $16, $17, $18, $19 bytea: sealed name, reference, thumbnail, probe
-- row: feed number
INSERT INTO overt.alert (
    id, deployment_id, entry_id, site_id, run_id, sequence, camera, track, captured_at,
    received_at, raised_at, score, threshold, category, response, sealed_name, sealed_reference,
    sealed_thumbnail, sealed_probe)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
RETURNING feed_number
