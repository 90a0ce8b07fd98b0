-- Keeps a pair of entries that look alike; the first score stays.
-- $1 uuid: deployment  $2, $3 uuid: the entries  $4 int: score x 1000
INSERT INTO watchlist.lookalike (deployment_id, entry_a, entry_b, score_milli)
VALUES ($1, least($2::uuid, $3::uuid), greatest($2::uuid, $3::uuid), $4)
ON CONFLICT DO NOTHING
