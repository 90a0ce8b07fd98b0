-- How much of a watchlist's caps is used.
-- $1 uuid: deployment
-- row: subjects ever listed, volunteers ever on the blue list
SELECT coalesce((SELECT listed FROM watchlist.tally WHERE deployment_id = $1), 0)::bigint,
       coalesce((SELECT blue_listed FROM watchlist.tally WHERE deployment_id = $1), 0)::bigint
