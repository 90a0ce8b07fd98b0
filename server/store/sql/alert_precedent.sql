-- An earlier alert that makes this one a repetition: of the very probe first, then the latest one of
-- the same track or since a time.
-- $1 uuid: deployment  $2 uuid: entry  $3 uuid: run  $4 bigint: sequence  $5 text: camera
-- $6 bigint: track  $7 timestamptz: since
-- row: alert, whether of the very probe
SELECT id, run_id = $3 AND sequence = $4 AS same_probe
FROM overt.alert
WHERE deployment_id = $1 AND entry_id = $2
  AND ((run_id = $3 AND sequence = $4)
       OR (run_id = $3 AND camera = $5 AND track = $6)
       OR raised_at >= $7)
ORDER BY same_probe DESC, feed_number DESC
LIMIT 1
