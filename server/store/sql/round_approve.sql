-- Approves a round; the database looks whether it was opened as it has to be.
-- $1 uuid: deployment  $2 uuid: round  $3 timestamptz: when
UPDATE watchlist.round SET state = 'approved', approved_at = $3
WHERE deployment_id = $1 AND id = $2
