-- How many entries there are of each category, response and state, in this order.
-- $1 uuid: deployment
-- row: category, response, state, entries, SHA-256 over their ids in ascending order
SELECT category, response, state, count(*),
       sha256(string_agg(uuid_send(id), ''::bytea ORDER BY id))
FROM watchlist.entry
WHERE deployment_id = $1
GROUP BY category, response, state
ORDER BY category COLLATE "C", response COLLATE "C", state COLLATE "C"
