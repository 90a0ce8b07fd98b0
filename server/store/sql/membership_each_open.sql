-- Lists that are not erased yet and hold or held somebody approved, the latest first.
-- $1 boolean: on any day  $2 integer: else on this one (days since 1970-01-01)
-- $3 uuid: of this deployment, or null
-- row: deployment, first and last day
SELECT id, first_day - DATE '1970-01-01', last_day - DATE '1970-01-01'
FROM (
    SELECT deployment.id,
           (SELECT min(entry.approved_at) FROM watchlist.entry AS entry
            WHERE entry.deployment_id = deployment.id AND entry.approved_by IS NOT NULL
           )::timestamp::date AS first_day,
           coalesce(deployment.closed_at, now())::timestamp::date AS last_day
    FROM overt.deployment AS deployment
    WHERE deployment.state <> 'erased' AND ($3::uuid IS NULL OR deployment.id = $3)
) AS list
WHERE first_day IS NOT NULL
  AND ($1 OR DATE '1970-01-01' + $2::integer BETWEEN first_day AND last_day)
ORDER BY last_day DESC, id
