-- What an alert copies of an approved entry and of the image that matched.
-- $1 uuid: deployment  $2 uuid: entry  $3 uuid: image
-- row: as entry_get, then image, sealed thumbnail
SELECT entry.id, entry.deployment_id, entry.category, entry.response, entry.state,
       entry.added_by, entry.approved_by, entry.added_at, entry.sealed_name,
       entry.sealed_reference,
       (SELECT count(*) FROM watchlist.image AS image
        WHERE image.deployment_id = entry.deployment_id AND image.entry_id = entry.id),
       matched.id, matched.sealed_thumbnail
FROM watchlist.entry AS entry
JOIN watchlist.image AS matched
    ON matched.deployment_id = entry.deployment_id AND matched.entry_id = entry.id
WHERE entry.deployment_id = $1 AND entry.id = $2 AND matched.deployment_id = $1
  AND matched.id = $3 AND entry.state = 'approved'
