-- A watchlist entry, locked until the transaction ends.
-- $1 uuid: deployment  $2 uuid: entry
-- row: as entry_get
SELECT entry.id, entry.deployment_id, entry.category, entry.response, entry.state,
       entry.added_by, entry.approved_by, entry.added_at, entry.sealed_name,
       entry.sealed_reference, entry.priority::integer, entry.legal_basis, entry.sealed_justification,
       entry.sealed_birth_date, entry.under_18, entry.birth_unknown, entry.expires_at,
       entry.consent_digest,
       images.kept, images.rows, images.pending, images.old, images.overridden
FROM watchlist.entry AS entry
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE image.state <> 'rejected') AS kept, count(*) AS rows,
           count(*) FILTER (WHERE image.state = 'pending') AS pending,
           coalesce(bool_or(image.old_image), false) AS old,
           coalesce(bool_or(image.override_code IS NOT NULL), false) AS overridden
    FROM watchlist.image AS image
    WHERE image.deployment_id = entry.deployment_id AND image.entry_id = entry.id) AS images
WHERE entry.deployment_id = $1 AND entry.id = $2
FOR NO KEY UPDATE OF entry
