-- A second person's decision on a pending image.
-- $1 uuid: deployment  $2 uuid: entry  $3 uuid: image  $4 text: accepted or rejected
-- $5 uuid: who decides  $6 timestamptz: when
UPDATE watchlist.image
SET state = $4, decided_by = $5, decided_at = $6
WHERE deployment_id = $1 AND entry_id = $2 AND id = $3
