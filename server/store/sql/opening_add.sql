-- A person has looked at an entry with so many images.
-- $1 uuid: deployment  $2 uuid: entry  $3 uuid: who  $4 bigint: images
INSERT INTO watchlist.opening (deployment_id, entry_id, opened_by, images)
VALUES ($1, $2, $3, $4::bigint)
ON CONFLICT DO NOTHING
