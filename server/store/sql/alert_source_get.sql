-- What an alert copies of an approved entry and of the image that matched.
-- $1 uuid: deployment  $2 uuid: entry  $3 uuid: image
-- row: as entry_get, then image, sealed thumbnail
SELECT entry.id, entry.deployment_id, entry.category, entry.response, entry.state,
       entry.added_by, entry.approved_by, entry.added_at, entry.sealed_name,
       entry.sealed_reference, entry.priority::integer, entry.legal_basis, entry.sealed_justification,
       entry.sealed_birth_date, entry.under_18, entry.birth_unknown, entry.expires_at,
       entry.consent_digest,
       images.kept, images.rows, images.pending, images.old, images.overridden, matched.id, matched.sealed_thumbnail
FROM watchlist.entry AS entry
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE image.state <> 'rejected') AS kept, count(*) AS rows,
           count(*) FILTER (WHERE image.state = 'pending') AS pending,
           coalesce(bool_or(image.old_image), false) AS old,
           coalesce(bool_or(image.override_code IS NOT NULL), false) AS overridden
    FROM watchlist.image AS image
    WHERE image.deployment_id = entry.deployment_id AND image.entry_id = entry.id) AS images
JOIN watchlist.image AS matched
    ON matched.deployment_id = entry.deployment_id AND matched.entry_id = entry.id
WHERE entry.deployment_id = $1 AND entry.id = $2 AND matched.deployment_id = $1
  AND matched.id = $3 AND matched.state = 'accepted' AND entry.state = 'approved'
  AND (entry.expires_at IS NULL OR entry.expires_at > clock_timestamp())
