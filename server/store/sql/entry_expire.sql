-- Proposed or approved -> expired.
-- $1 uuid: deployment  $2 uuid: entry  $3 timestamptz: when
UPDATE watchlist.entry SET state = 'expired', expired_at = $3
WHERE deployment_id = $1 AND id = $2
