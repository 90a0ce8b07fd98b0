-- Begins a round.
-- $1 uuid: deployment  $2 uuid: id  $3 uuid: who draws and will approve  $4 timestamptz: when
INSERT INTO watchlist.round (deployment_id, id, drawn_by, drawn_at) VALUES ($1, $2, $3, $4)
