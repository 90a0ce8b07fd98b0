-- Proposed -> approved.
-- $1 uuid: deployment  $2 uuid: entry  $3 uuid: who approves  $4 timestamptz: when
UPDATE watchlist.entry
SET state = 'approved', approved_by = $3, approved_at = $4
WHERE deployment_id = $1 AND id = $2
