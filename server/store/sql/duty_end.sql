-- Ends a duty.
-- $1 uuid: deployment  $2 uuid: person  $3 text: role  $4 timestamptz: when
UPDATE overt.duty
SET until = greatest(since, $4)
WHERE deployment_id = $1 AND person_id = $2 AND role = $3 AND until IS NULL
