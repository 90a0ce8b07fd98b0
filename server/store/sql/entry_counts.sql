-- How many entries a watchlist has by state; the blue list is counted apart.
-- $1 uuid: deployment
-- row: proposed, approved, withdrawn, expired, blue list: proposed or approved, how much of the
--      cap is used, how much of the blue list's
SELECT count(*) FILTER (WHERE state = 'proposed' AND category <> 'blue_list'),
       count(*) FILTER (WHERE state = 'approved' AND category <> 'blue_list'),
       count(*) FILTER (WHERE state = 'withdrawn' AND category <> 'blue_list'),
       count(*) FILTER (WHERE state = 'expired' AND category <> 'blue_list'),
       count(*) FILTER (WHERE state IN ('proposed', 'approved') AND category = 'blue_list'),
       coalesce((SELECT listed FROM watchlist.tally WHERE deployment_id = $1), 0)::bigint,
       coalesce((SELECT blue_listed FROM watchlist.tally WHERE deployment_id = $1), 0)::bigint
FROM watchlist.entry
WHERE deployment_id = $1
