-- Ends a hold.
-- $1 uuid: id  $2 text: why  $3 uuid: by whom, or null
UPDATE overt.evidence_hold
SET ended_at = pg_catalog.now(), end_reason = $2, ended_by = $3
WHERE id = $1 AND ended_at IS NULL
