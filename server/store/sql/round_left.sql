-- What of an approved round is still proposed and as it was drawn.
-- $1 uuid: deployment  $2 uuid: round  $3 bigint: at most so many
-- row: entry
SELECT drawn.entry_id
FROM watchlist.round_entry AS drawn
JOIN watchlist.entry AS entry
    ON entry.deployment_id = drawn.deployment_id AND entry.id = drawn.entry_id
WHERE drawn.deployment_id = $1 AND drawn.round_id = $2 AND entry.deployment_id = $1
  AND entry.state = 'proposed'
  AND (entry.expires_at IS NULL OR entry.expires_at > clock_timestamp())
  AND drawn.images = (SELECT count(*) FROM watchlist.image
                      WHERE image.deployment_id = $1 AND image.entry_id = drawn.entry_id)
ORDER BY entry.added_at, entry.id
LIMIT $3
