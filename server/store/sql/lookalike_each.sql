-- The entries that look like one, and are proposed or approved, most alike first.
-- $1 uuid: deployment  $2 uuid: entry
-- row: the other entry, score x 1000
SELECT other.id, pair.score_milli::bigint
FROM watchlist.lookalike AS pair
JOIN watchlist.entry AS other
    ON other.deployment_id = $1
   AND other.id = CASE WHEN pair.entry_a = $2 THEN pair.entry_b ELSE pair.entry_a END
WHERE pair.deployment_id = $1 AND (pair.entry_a = $2 OR pair.entry_b = $2)
  AND other.state IN ('proposed', 'approved')
ORDER BY pair.score_milli DESC, other.id
LIMIT 100
