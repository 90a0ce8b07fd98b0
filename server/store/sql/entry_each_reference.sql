-- The sealed references of every entry that was ever approved, withdrawn ones included.
-- $1 uuid: deployment
-- row: entry, sealed reference (or null)
SELECT id, sealed_reference
FROM watchlist.entry
WHERE deployment_id = $1 AND approved_at IS NOT NULL
