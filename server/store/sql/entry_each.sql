-- Entries in the order in which they were added.
-- $1 uuid: deployment  $2 uuid: after this entry, or null  $3 bigint: at most so many
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
WHERE entry.deployment_id = $1
  AND ($2::uuid IS NULL
       OR (entry.added_at, entry.id) > (
           SELECT previous.added_at, previous.id
           FROM watchlist.entry AS previous
           WHERE previous.deployment_id = $1 AND previous.id = $2))
ORDER BY entry.added_at, entry.id
LIMIT $3
