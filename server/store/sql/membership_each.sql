-- The lists that held a pseudonym, the latest first.
-- $1 bytea: pseudonym  $2 boolean: on any day  $3 integer: else on this one (days since 1970-01-01)
-- $4 uuid: of this deployment, or null
-- row: deployment, first and last day
SELECT deployment_id, first_day - DATE '1970-01-01', last_day - DATE '1970-01-01'
FROM audit.membership
WHERE pseudonym = $1
  AND ($2 OR DATE '1970-01-01' + $3::integer BETWEEN first_day AND last_day)
  AND ($4::uuid IS NULL OR deployment_id = $4)
ORDER BY last_day DESC, deployment_id
