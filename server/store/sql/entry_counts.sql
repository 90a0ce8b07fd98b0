-- How many entries a watchlist has by state.
-- $1 uuid: deployment
-- row: proposed, approved, withdrawn
SELECT count(*) FILTER (WHERE state = 'proposed'),
       count(*) FILTER (WHERE state = 'approved'),
       count(*) FILTER (WHERE state = 'withdrawn')
FROM watchlist.entry
WHERE deployment_id = $1
