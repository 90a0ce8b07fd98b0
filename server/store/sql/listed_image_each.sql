-- Every entry of a list that was ever approved, with each of its images that was not rejected.
-- $1 uuid: deployment
-- row: entry, sealed reference (or null), image (or null), its sealed digest for the ledger, and where
--      that is null the sealed image itself
SELECT entry.id, entry.sealed_reference, image.id, image.sealed_ledger_digest,
       CASE WHEN image.sealed_ledger_digest IS NULL THEN image.sealed_jpeg END
FROM watchlist.entry AS entry
LEFT JOIN watchlist.image AS image
    ON image.deployment_id = $1 AND image.entry_id = entry.id AND image.state <> 'rejected'
WHERE entry.deployment_id = $1 AND entry.approved_at IS NOT NULL
