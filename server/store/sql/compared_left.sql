-- How many images of proposed entries were not compared with the list yet.
-- $1 uuid: deployment
-- row: how many
SELECT count(*)
FROM watchlist.image AS image
JOIN watchlist.entry AS entry
    ON entry.deployment_id = image.deployment_id AND entry.id = image.entry_id
WHERE image.deployment_id = $1 AND entry.deployment_id = $1 AND entry.state = 'proposed'
  AND image.state <> 'rejected'
  AND NOT EXISTS (SELECT FROM watchlist.compared
                  WHERE compared.deployment_id = $1 AND compared.image_id = image.id)
