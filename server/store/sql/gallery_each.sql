-- The accepted templates of the approved entries, in no order: what a gallery is built from.
-- $1 uuid: deployment
-- row: entry, image, sealed template, model digest
SELECT image.entry_id, image.id, image.sealed_template, image.model_digest
FROM watchlist.image AS image
JOIN watchlist.entry AS entry
    ON entry.deployment_id = image.deployment_id AND entry.id = image.entry_id
WHERE image.deployment_id = $1 AND entry.deployment_id = $1 AND entry.state = 'approved'
  AND image.state = 'accepted'
  AND (entry.expires_at IS NULL OR entry.expires_at > clock_timestamp())
