-- Marks images as compared with all others of the list.
-- $1 uuid: deployment  $2 uuid[]: images
INSERT INTO watchlist.compared (deployment_id, image_id)
SELECT $1, image_id FROM unnest($2::uuid[]) AS image_id
ON CONFLICT DO NOTHING
