-- Entries whose time has come, of all lists that may still change.
-- $1 bigint: at most so many
-- row: deployment, entry
SELECT entry.deployment_id, entry.id
FROM watchlist.entry AS entry
JOIN overt.deployment AS deployment ON deployment.id = entry.deployment_id
WHERE entry.expires_at <= clock_timestamp() AND entry.state IN ('proposed', 'approved')
  AND deployment.state IN ('applied', 'authorised', 'live', 'paused')
ORDER BY entry.expires_at, entry.deployment_id, entry.id
LIMIT $1
