-- A watchlist entry.
-- $1 uuid: deployment  $2 uuid: entry
-- row: id, deployment, category, response, state, who added, who approved (or null), added at,
--      sealed name, sealed reference (or null), number of images
SELECT entry.id, entry.deployment_id, entry.category, entry.response, entry.state,
       entry.added_by, entry.approved_by, entry.added_at, entry.sealed_name,
       entry.sealed_reference,
       (SELECT count(*) FROM watchlist.image AS image
        WHERE image.deployment_id = entry.deployment_id AND image.entry_id = entry.id)
FROM watchlist.entry AS entry
WHERE entry.deployment_id = $1 AND entry.id = $2
