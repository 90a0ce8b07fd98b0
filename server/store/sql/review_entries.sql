-- What changed in a list since the review before, oldest first, as ids; those added come with
-- their sealed reference, to be looked up in the ledger.
-- $1 uuid: deployment
-- row: entry, category, state, sealed reference
WITH last AS (
    SELECT max(reviewed_at) AS at FROM overt.watchlist_review WHERE deployment_id = $1
)
SELECT entry.id, entry.category, entry.state, entry.sealed_reference
FROM watchlist.entry AS entry CROSS JOIN last
WHERE entry.deployment_id = $1 AND entry.approved_by IS NOT NULL
  AND (last.at IS NULL
       OR coalesce(entry.withdrawn_at, entry.expired_at, entry.approved_at) > last.at)
ORDER BY entry.added_at, entry.id
