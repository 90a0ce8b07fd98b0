-- Confirms a hold's open term.
-- $1 uuid: hold  $2 uuid: confirmed by
UPDATE overt.evidence_term
SET confirmed_by = $2, confirmed_at = pg_catalog.now()
WHERE hold_id = $1 AND confirmed_at IS NULL
