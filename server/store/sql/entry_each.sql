-- Entries in the order in which they were added.
-- $1 uuid: deployment  $2 uuid: after this entry, or null  $3 bigint: at most so many
-- row: as entry_get
SELECT entry.id, entry.deployment_id, entry.category, entry.response, entry.state,
       entry.added_by, entry.approved_by, entry.added_at, entry.sealed_name,
       entry.sealed_reference,
       (SELECT count(*) FROM watchlist.image AS image
        WHERE image.deployment_id = entry.deployment_id AND image.entry_id = entry.id)
FROM watchlist.entry AS entry
WHERE entry.deployment_id = $1
  AND ($2::uuid IS NULL
       OR (entry.added_at, entry.id) > (
           SELECT previous.added_at, previous.id
           FROM watchlist.entry AS previous
           WHERE previous.deployment_id = $1 AND previous.id = $2))
ORDER BY entry.added_at, entry.id
LIMIT $3
