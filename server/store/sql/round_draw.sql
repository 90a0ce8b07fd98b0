-- Draws a round: what is proposed by others and ready, and of what carries no flag a random part.
-- gen_random_uuid draws from the system's strong source.
-- $1 uuid: deployment  $2 uuid: round  $3 uuid: who will approve  $4 bool: may approve under 18
-- $5 bigint: per mille drawn  $6 bigint: at least so many
WITH ready AS MATERIALIZED (
    SELECT entry.id, watchlist.entry_flagged($1, entry.id) AS flagged,
           (SELECT count(*) FROM watchlist.image
            WHERE image.deployment_id = $1 AND image.entry_id = entry.id)::integer AS images
    FROM watchlist.entry AS entry
    WHERE entry.deployment_id = $1 AND entry.state = 'proposed' AND entry.added_by <> $3
      AND (entry.under_18 = false OR $4)
      AND (entry.expires_at IS NULL OR entry.expires_at > clock_timestamp())
      AND EXISTS (SELECT FROM watchlist.image
                  WHERE image.deployment_id = $1 AND image.entry_id = entry.id
                    AND image.state = 'accepted')
      AND NOT EXISTS (SELECT FROM watchlist.image
                      WHERE image.deployment_id = $1 AND image.entry_id = entry.id
                        AND image.state = 'pending')
), drawn AS (
    SELECT id FROM ready WHERE NOT flagged ORDER BY gen_random_uuid()
    LIMIT greatest($6::bigint, (SELECT ceil(count(*) * $5::bigint / 1000.0) FROM ready)::bigint)
)
INSERT INTO watchlist.round_entry (deployment_id, round_id, entry_id, images, flagged, sampled)
SELECT $1, $2, ready.id, ready.images, ready.flagged, drawn.id IS NOT NULL
FROM ready LEFT JOIN drawn ON drawn.id = ready.id
