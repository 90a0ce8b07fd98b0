-- The templates of the entries proposed or approved, in no order: what look-alikes are sought in.
-- $1 uuid: deployment
-- row: entry, image, sealed template, model digest, whether it was compared with all others
SELECT image.entry_id, image.id, image.sealed_template, image.model_digest,
       EXISTS (SELECT FROM watchlist.compared
               WHERE compared.deployment_id = $1 AND compared.image_id = image.id)
FROM watchlist.image AS image
JOIN watchlist.entry AS entry
    ON entry.deployment_id = image.deployment_id AND entry.id = image.entry_id
WHERE image.deployment_id = $1 AND entry.deployment_id = $1
  AND entry.state IN ('proposed', 'approved') AND image.state <> 'rejected'
