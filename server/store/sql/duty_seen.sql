-- Somebody who is on duty has been heard of. A time that is not later changes nothing.
-- $1 uuid: deployment  $2 uuid: person  $3 text: role  $4 timestamptz: when
UPDATE overt.duty
SET last_seen = greatest(last_seen, $4)
WHERE deployment_id = $1 AND person_id = $2 AND role = $3 AND until IS NULL
