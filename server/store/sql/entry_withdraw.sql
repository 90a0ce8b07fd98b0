-- Proposed or approved -> withdrawn.
-- $1 uuid: deployment  $2 uuid: entry  $3 timestamptz: when
UPDATE watchlist.entry
SET state = 'withdrawn', withdrawn_at = $3
WHERE deployment_id = $1 AND id = $2
